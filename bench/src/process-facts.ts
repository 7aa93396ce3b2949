import { readFileSync, writeFileSync } from "node:fs"
import { setPriority } from "node:os"

/** Ticks of the kernel's accounting in a second: 100 on every Linux that Node.js runs on. */
const ticksPerSecond = 100

/** CPU time that a process has used in all its threads, in milliseconds, to the kernel's 10 ms. Linux only. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
  // Behind the program's name in brackets, user and system time are fields 12 and 13.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond
}

/** Memory that a process holds now, in megabytes. */
export function residentMb(pid: number): number {
  return statusMb(pid, "VmRSS")
}

/** The most it ever held since `forgetPeak`. */
export function peakMb(pid: number): number {
  return statusMb(pid, "VmHWM")
}

export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5")
}

/**
 * Gives a process that leads a session of its own, with all its threads, a nice value against other sessions: on a machine that
 * others use too, what waits for them would be measured otherwise. Negative values need root.
 */
export function setNiceness(pid: number, niceness: number): void {
  writeFileSync(`/proc/${pid}/autogroup`, String(niceness))
  setPriority(pid, niceness)
}

function statusMb(pid: number, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))
  return Number(found?.[1] ?? Number.NaN) / 1024
}
