import { execFileSync } from "node:child_process"
import { cpus, loadavg, release, totalmem } from "node:os"

/** What a result has to be read with. */
export interface Machine {
  readonly cores: number
  readonly cpu: string
  readonly memoryMb: number
  readonly system: string
  readonly node: string
  /** Of the checkout; ends in "+" where files differed from it. */
  readonly commit: string
  /** Of the last minute: what else the machine was doing. */
  readonly loadAverage: number
}

export function describeMachine(root: string): Machine {
  const [first] = cpus()
  return {
    cores: cpus().length,
    cpu: first?.model ?? "unknown",
    memoryMb: Math.round(totalmem() / 1_048_576),
    system: `${process.platform} ${release()}`,
    node: process.version,
    commit: commitOf(root),
    loadAverage: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  }
}

function commitOf(root: string): string {
  const git = (...args: string[]): string => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim()
  try {
    const changed = git("status", "--porcelain", "--untracked-files=no") !== ""
    return `${git("rev-parse", "--short", "HEAD")}${changed ? "+" : ""}`
  } catch {
    return "unknown"
  }
}
