import { messageOf } from "@millrace/ports"
import type { SeededRandom } from "@millrace/testkit"
import { joinCold } from "../relay/join.ts"
import { checkDocument, countFindings, findingKinds } from "../relay/owed.ts"
import { attack, type AttackCounts } from "./attacker.ts"
import { type Bystanders, openBystanders } from "./bystander.ts"
import type { Recording } from "./record.ts"
import { difference, isPending, readStoredLog } from "./verdict.ts"

export interface SiegeOptions {
  /** Origin of the relay. */
  readonly url: string
  readonly workspace: string
  /** May write in `workspace`. */
  readonly token: string
  readonly recording: Recording
  readonly random: SeededRandom
  /** Frames to be handled. */
  readonly frames: number
  readonly signal?: AbortSignal
}

export interface SiegeOutcome extends AttackCounts {
  /** Entries in the log afterwards. */
  readonly stored: number
  readonly problems: readonly string[]
}

const attackers = 6

/**
 * Attacks one workspace with mutated frames while good clients write in it; then looks whether all that is stored can be applied, and
 * whether the good clients and one that comes fresh hold what the log says.
 */
export async function besiege(options: SiegeOptions): Promise<SiegeOutcome> {
  const { url, workspace, token, random, frames, signal } = options
  const bystanders = await openBystanders(url, workspace, token)
  const counts: AttackCounts = { handled: 0, refused: 0, connections: 0 }
  try {
    const more = (): boolean => counts.handled < frames && signal?.aborted !== true
    await Promise.all(
      Array.from({ length: attackers }, (_, index) =>
        attack({ ...options, random: random.fork(`attacker ${index}`) }, more, counts),
      ),
    )
    const { stored, problems } = await judge(options, bystanders)
    return { ...counts, stored, problems: problems.map((problem) => `${workspace} of seed ${random.seed}: ${problem}`) }
  } finally {
    bystanders.close()
  }
}

async function judge(
  { url, workspace, token }: SiegeOptions,
  bystanders: Bystanders,
): Promise<{ stored: number; problems: readonly string[] }> {
  const problems: string[] = [...bystanders.lost]
  try {
    await bystanders.settle()
  } catch (thrown) {
    problems.push(messageOf(thrown))
  }
  const log = await readStoredLog(url, workspace, token)
  problems.push(...log.problems.slice(0, 5))
  const fresh = await joinCold(url, workspace, token)
  const found = countFindings(checkDocument(fresh, bystanders.owed, 0))
  const wrong = findingKinds.filter((kind) => found[kind] > 0)
  if (wrong.length > 0) problems.push(`bystanders' marks: ${wrong.map((kind) => `${found[kind]} ${kind}`).join(", ")}`)
  const others = [fresh, ...bystanders.docs]
  others.forEach((doc, index) => {
    const name = index === 0 ? "a fresh client" : `bystander ${index}`
    const differs = difference(log.doc, doc)
    if (differs !== undefined) problems.push(`the log and ${name}: ${differs}`)
    if (isPending(doc)) problems.push(`${name} has structs pending`)
  })
  return { stored: log.entries, problems }
}
