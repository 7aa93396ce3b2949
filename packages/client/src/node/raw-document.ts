import { deferred } from "@millrace/indexeddb"
import { MillraceError } from "@millrace/ports"
import { DocLink } from "../link/doc-link.ts"
import { noTouches, plainLedger } from "../link/plain-ledger.ts"
import type { RawDocument, RawDocumentOptions } from "./api.ts"
import { nodeLease } from "./ports.ts"

/** Keeps a bare document in step with the relay until `close`; the document itself stays the caller's. */
export function openRawDocument(options: RawDocumentOptions): RawDocument {
  const lease = nodeLease(options)
  const ledger = plainLedger()
  // What the document holds already may not be durable either.
  ledger.local([], undefined)
  const synced = deferred<void>()
  let told: MillraceError | undefined
  const link = new DocLink({
    relay: lease.relay,
    workspace: options.workspace,
    doc: options.doc,
    generation: options.generation ?? 0,
    ledger,
    platform: lease.platform,
    clock: lease.clock,
    touchedIn: noTouches,
    isKnown: () => false,
    onChange: (changed) => {
      if (changed.caughtUp) synced.resolve()
      if (changed.state === "refused" && changed.error !== undefined) fail(changed.error)
      if (changed.error !== undefined && changed.error !== told) options.onError?.(changed.error)
      told = changed.error
    },
  })
  const fail = (error: MillraceError): void => {
    ledger.fail(error)
    synced.reject(error)
  }
  link.start(options.generation ?? 0)
  return {
    synced: synced.promise,
    flushed: async () => (await ledger.flushed()).seq,
    close: () => {
      link.stop()
      lease.release()
      fail(new MillraceError("The document was closed.", { kind: "closed" }))
    },
  }
}
