import { setTimeout as pause } from "node:timers/promises"
import type { LivesOptions } from "./lives.ts"

/** SIGKILL to the relay and to all writers: at once, or one a few milliseconds before the other. */
export const endByKill: LivesOptions["end"] = async (relay, writers, random) => {
  const steps = random.shuffle([() => relay.child.signal("SIGKILL"), () => writers.kill()])
  for (const step of steps) {
    step()
    if (random.chance(0.5)) await pause(random.int(6))
  }
  await Promise.all([relay.child.kill(), writers.ended])
}
