import type { StatusSnapshot } from "@millrace/indexeddb"
import type { AckLedger } from "./ack-ledger.ts"
import { keyOf, type RecordKey } from "./record-key.ts"

/** Enters in the ledger what an earlier session left open: it is in the document, but of no frame, so the next sync step 2 covers it. */
export function reopen(ledger: AckLedger, snapshot: StatusSnapshot): void {
  ledger.raiseSeq(snapshot.position?.seq ?? 0)
  const open = snapshot.open.filter((row) => row.touchedSeq === null)
  const keysOf = (rows: typeof open): readonly RecordKey[] => rows.map(({ collection, id }) => keyOf(collection, id))
  const waiting = keysOf(open.filter((row) => row.state === "waiting"))
  const unknown = keysOf(open.filter((row) => row.state !== "waiting"))
  if (waiting.length > 0) ledger.local(waiting, undefined)
  if (unknown.length > 0) ledger.remote(unknown, undefined)
}
