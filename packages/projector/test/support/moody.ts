import type { Change, Failed, FailureKind, Receipt } from "@millrace/target"
import type { SeededRandom } from "@millrace/testkit"
import type { Apply } from "./memory-target.ts"

/** A record with this in it is refused for good. */
export const poison = "poison"

/** A target as they are: it fails in passing, answers after the fact or not at all, and cannot stand poison. */
export function moody(random: SeededRandom): Apply {
  return (changes, keep) => {
    const mood = random.float()
    if (mood < 0.05) throw new Error("no answer")
    if (mood < 0.1) return all(changes, "retry")
    if (mood < 0.13) return all(changes, "rate", { retryAfterMs: 2 })
    if (mood < 0.16) return all(changes, "auth")
    const poisoned = changes.some((change) => change.after?.includes(poison) === true)
    if (poisoned && random.chance(0.5)) return all(changes, "invalid", { wholeBatch: true })
    if (mood < 0.25) {
      // It kept some, or all, and the answer was lost.
      for (const change of changes.slice(0, 1 + random.int(changes.length))) {
        if (change.after?.includes(poison) === true) break
        keep(change)
      }
      return all(changes, "retry")
    }
    return oneByOne(changes, keep)
  }
}

/** Takes what it can, in order; after a version that it refused it takes no later one of that record. */
function oneByOne(changes: readonly Change[], keep: (change: Change) => void): readonly Receipt[] {
  const refused = new Set<string>()
  return changes.map((change) => {
    const record = JSON.stringify([change.collection, change.id])
    if (change.after?.includes(poison) === true) refused.add(record)
    if (refused.has(record)) return failed(change, "invalid")
    keep(change)
    return { outcome: "accepted", eventId: change.eventId }
  })
}

function all(changes: readonly Change[], kind: FailureKind, more: Partial<Failed> = {}): readonly Receipt[] {
  return changes.map((change) => ({ ...failed(change, kind), ...more }))
}

function failed({ eventId }: Change, kind: FailureKind): Failed {
  return { outcome: "failed", eventId, kind, reason: `moody: ${kind}` }
}
