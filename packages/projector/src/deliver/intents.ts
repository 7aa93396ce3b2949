import type { Batch, Intent, Target } from "@millrace/target"
import type { Ledger } from "../journal/ledger.ts"
import { batchOf, type Ready } from "./ready.ts"

/**
 * The batch with its intents, which are in the journal before it is sent.
 *
 * An intent that was there before counts as tried, whether or not the call ever left: only so is a crash between both
 * no second job.
 */
export async function withIntents(ready: Ready, target: Target, ledger: Ledger, signal: AbortSignal): Promise<Batch> {
  if (target.shape !== "state" || target.prepare === undefined) return batchOf(ready)
  const markers = await target.prepare(batchOf(ready), { signal })
  const fresh: (Intent & { readonly collection: string; readonly id: string })[] = []
  const intents = ready.changes.map((change, at): Intent | null => {
    const { eventId, collection, id } = change
    const known = ready.bases[at]?.intent
    const marker = known?.eventId === eventId ? known.marker : (markers[at] ?? null)
    if (marker === null) return null
    const attempts = known?.eventId === eventId ? known.attempts + 1 : 0
    fresh.push({ collection, id, eventId, marker, attempts })
    return { eventId, marker, attempts }
  })
  if (fresh.length > 0) {
    const { binding, workspace } = ready
    await ledger.commit([{ kind: "intended", binding: binding.name, workspace, intents: fresh }])
    signal.throwIfAborted()
  }
  return batchOf(ready, intents)
}
