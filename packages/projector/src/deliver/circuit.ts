/**
 * How a target is doing.
 *
 * - `ready` calls go out
 * - `backoff` the last call failed in passing; the next one waits
 * - `open` several calls in a row failed; nothing is sent before `check` answers
 * - `probing` `check` is under way
 * - `auth` our credentials were refused; everything waits for an operator, `check` is asked now and then
 * - `auth-probing` that `check` is under way
 */
export type CircuitState = "ready" | "backoff" | "open" | "probing" | "auth" | "auth-probing"

/**
 * - `answered` the target took or judged what it was sent
 * - `failed` a call failed in passing
 * - `tripped` one more failed than is put up with
 * - `refused` credentials were refused
 * - `elapsed` the wait is over
 * - `alive`, `silent` what `check` found
 */
export type CircuitEvent = "answered" | "failed" | "tripped" | "refused" | "elapsed" | "alive" | "silent"

/** Every state with every event: calls of several bindings share a target, so none may surprise. */
export const circuitTable: Readonly<Record<CircuitState, Readonly<Record<CircuitEvent, CircuitState>>>> = {
  ready: {
    answered: "ready",
    failed: "backoff",
    tripped: "open",
    refused: "auth",
    elapsed: "ready",
    alive: "ready",
    silent: "ready",
  },
  backoff: {
    answered: "ready",
    failed: "backoff",
    tripped: "open",
    refused: "auth",
    elapsed: "ready",
    alive: "backoff",
    silent: "backoff",
  },
  open: {
    answered: "ready",
    failed: "open",
    tripped: "open",
    refused: "auth",
    elapsed: "probing",
    alive: "open",
    silent: "open",
  },
  probing: {
    answered: "ready",
    failed: "probing",
    tripped: "probing",
    refused: "auth",
    elapsed: "probing",
    alive: "ready",
    silent: "open",
  },
  auth: {
    answered: "ready",
    failed: "auth",
    tripped: "auth",
    refused: "auth",
    elapsed: "auth-probing",
    alive: "auth",
    silent: "auth",
  },
  "auth-probing": {
    answered: "ready",
    failed: "auth-probing",
    tripped: "auth-probing",
    refused: "auth-probing",
    elapsed: "auth-probing",
    alive: "ready",
    silent: "auth",
  },
}

export function nextCircuit(state: CircuitState, event: CircuitEvent): CircuitState {
  return circuitTable[state][event]
}

/** Whether the state ends by itself after a wait. */
export function waits(state: CircuitState): boolean {
  return state === "backoff" || state === "open" || state === "auth"
}

/** Whether `check` is under way. */
export function probes(state: CircuitState): boolean {
  return state === "probing" || state === "auth-probing"
}
