import { frameTypes } from "@millrace/protocol"
import * as encoding from "lib0/encoding"
import { writeSyncStep1 } from "y-protocols/sync"
import type { Doc } from "yjs"

/** An awareness frame about nobody: shows the provider that the other side lives, and changes nothing. */
export const awarenessNothing: Uint8Array = encoding.encode((e) => {
  encoding.writeVarUint(e, frameTypes.awareness)
  encoding.writeVarUint8Array(e, Uint8Array.of(0))
})

/** Asks for what the document lacks. */
export function stepOne(doc: Doc): Uint8Array {
  return encoding.encode((e) => {
    encoding.writeVarUint(e, frameTypes.sync)
    writeSyncStep1(e, doc)
  })
}
