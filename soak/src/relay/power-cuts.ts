import { readdirSync, readFileSync } from "node:fs"
import { waitFor } from "@millrace/testkit"
import type { CuttableDisk } from "./disk.ts"
import type { LivesOptions } from "./lives.ts"

/**
 * Ends a life by a power cut: the relay is stopped, the disk is copied as it was flushed, both processes are killed and
 * the copy takes the disk's place.
 *
 * The relay is stopped before the copy begins, so that every ack that was ever sent was sent before it.
 */
export function endByPowerCut(disk: CuttableDisk): LivesOptions["end"] {
  return async (relay, writers) => {
    const { child } = relay
    child.signal("SIGSTOP")
    await waitFor(() => allStopped(child.pid), { what: "the relay to stop", everyMs: 2 })
    await disk.keepFlushed()
    writers.kill()
    await Promise.all([child.kill(), writers.ended])
    await disk.comeBack()
  }
}

/** Whether every thread is stopped; one that waits for the disk stops only once it has its answer. */
function allStopped(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8")
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T")
  })
}
