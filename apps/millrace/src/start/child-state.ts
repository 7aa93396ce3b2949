/**
 * Life of a supervised process.
 *
 * starting: spawned, its ready line not seen; running; waiting: it died and is started again after a pause; stopping:
 * asked to end; stopped: the end, also of a process that died before it was ever ready.
 */
export type ChildState = "starting" | "running" | "waiting" | "stopping" | "stopped"
export type ChildEvent = "ready" | "exited" | "pauseOver" | "stop"

/** Every state and event; what cannot happen changes nothing. */
export const childTransitions: Readonly<Record<ChildState, Readonly<Record<ChildEvent, ChildState>>>> = {
  starting: { ready: "running", exited: "waiting", pauseOver: "starting", stop: "stopping" },
  running: { ready: "running", exited: "waiting", pauseOver: "running", stop: "stopping" },
  waiting: { ready: "waiting", exited: "waiting", pauseOver: "starting", stop: "stopped" },
  stopping: { ready: "stopping", exited: "stopped", pauseOver: "stopping", stop: "stopping" },
  stopped: { ready: "stopped", exited: "stopped", pauseOver: "stopped", stop: "stopped" },
}
