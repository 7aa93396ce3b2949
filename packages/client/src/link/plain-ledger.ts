import { AckLedger } from "../status/ack-ledger.ts"
import type { RecordKey } from "../status/record-key.ts"

const nothing = (): void => {}

/** For a document whose records nobody counts. */
export function plainLedger(): AckLedger {
  return new AckLedger({ opened: nothing, edited: nothing, merged: nothing, closed: nothing })
}

export function noTouches(): readonly RecordKey[] {
  return []
}
