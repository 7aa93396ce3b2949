import { spawnSync } from "node:child_process"
import { mkdirSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { CampaignOutcome } from "./campaign.ts"

export interface ResultHead {
  readonly name: string
  readonly seed: number
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly durationS: number
  /** True when it was stopped before its last round. */
  readonly partial: boolean
}

/** The file's content; `partial` and `problems` stand there only when there is something to say. */
export function resultText(head: ResultHead, commit: string, outcome: CampaignOutcome): string {
  const { partial, ...rest } = head
  const { name, seed, startedAt, durationS } = rest
  const { counts, figures, problems } = outcome
  const result = {
    name,
    seed,
    commit,
    startedAt,
    durationS,
    ...(partial ? { partial } : {}),
    counts,
    figures,
    ...(problems.length > 0 ? { problems } : {}),
  }
  return `${JSON.stringify(result, undefined, 2)}\n`
}

/** Writes `FOLDER/NAME.json` whole or not at all, and gives its path. */
export function writeResult(folder: string, name: string, text: string): string {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${name}.json`)
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
  return path
}

/** The commit that is checked out; "unknown" outside a repository. */
export function currentCommit(root: string): string {
  const { status, stdout } = spawnSync("git", ["rev-parse", "HEAD"], { cwd: root, encoding: "utf8" })
  return status === 0 ? stdout.trim() : "unknown"
}
