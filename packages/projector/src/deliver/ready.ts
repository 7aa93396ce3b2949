import type { Applied, Batch, Change } from "@millrace/target"
import { type Binding, comesBack } from "../binding.ts"
import type { Confirmation } from "../journal/entry.ts"
import { compose } from "../two-way/compose.ts"
import type { BaseRow } from "../view/rows.ts"
import type { Outgoing, View } from "../view/view.ts"

/** What a batch comes to once it is put beside what is known of the target. */
export interface Ready {
  readonly workspace: string
  readonly binding: Binding
  readonly changes: readonly Change[]
  readonly bases: readonly (BaseRow | undefined)[]
  /** Of a published binding. */
  readonly release: Batch["release"]
  /** Nothing needs to be said of these: the target was just seen to hold them, or they are somebody else's. */
  readonly silent: readonly Confirmation[]
}

/** Puts changes into the form in which they go, and takes out those that need not go. */
export function readyToSend(
  binding: Binding,
  view: View,
  load: { readonly workspace: string; readonly changes: readonly Outgoing[] },
): Ready {
  const { workspace } = load
  const changes: Change[] = []
  const bases: (BaseRow | undefined)[] = []
  const silent: Confirmation[] = []
  for (const { change, isForced } of load.changes) {
    const { collection, id, version } = change
    const base = binding.shape === "log" ? undefined : view.base(binding.name, workspace, collection, id)
    const composed = compose(binding, change, base)
    if (base !== undefined && isSilent(binding, composed, base, isForced)) {
      const { sent, observed, timeMs } = base
      const kept = composed.after === null ? null : sent
      silent.push([collection, id, version, { sent: kept, ...(observed === null ? {} : { observed }), timeMs }])
      continue
    }
    changes.push(composed)
    bases.push(base)
  }
  const release = view.counts(binding.name, workspace).release
  const published = release === undefined ? undefined : { number: release.number, approvedBy: release.by }
  return { workspace, binding, changes, bases, silent, release: binding.mode === "published" ? published : undefined }
}

/** The batch as a target gets it. */
export function batchOf({ binding, changes, bases, release }: Ready, intents?: Batch["intents"]): Batch {
  return {
    binding: binding.name,
    changes,
    ...(binding.shape === "log" ? {} : { applied: bases.map((base) => (base === undefined ? null : appliedOf(base))) }),
    ...(intents === undefined ? {} : { intents }),
    ...(release === undefined ? {} : { release }),
  }
}

function appliedOf({ version, sent, observed, remote, owner, timeMs }: BaseRow): Applied {
  return { version, sent, observed, remote, owner, timeMs }
}

// Only where the target was looked at just now is what is known of it fresh enough to send nothing.
function isSilent(binding: Binding, { collection, after }: Change, base: BaseRow, isForced: boolean): boolean {
  if (after === null && base.owner === "foreign") return true
  if (isForced || !comesBack(binding, collection)) return false
  return after === null ? base.observed === null && base.version > 0 : after === base.sent
}
