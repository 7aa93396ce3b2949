import * as decoding from "lib0/decoding"
import * as encoding from "lib0/encoding"

/** An awareness frame about one client. */
export function awarenessFrame(client: number, clock: number, state: string): Uint8Array {
  const payload = encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, 1)
    encoding.writeVarUint(encoder, client)
    encoding.writeVarUint(encoder, clock)
    encoding.writeVarString(encoder, state)
  })
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, 1)
    encoding.writeVarUint8Array(encoder, payload)
  })
}

/** Client and state of everybody that an awareness frame speaks of. */
export function statesIn(frame: Uint8Array): readonly (readonly [number, string])[] {
  const decoder = decoding.createDecoder(decoding.readVarUint8Array(decoding.createDecoder(frame.subarray(1))))
  return Array.from({ length: decoding.readVarUint(decoder) }, () => {
    const client = decoding.readVarUint(decoder)
    decoding.readVarUint(decoder)
    return [client, decoding.readVarString(decoder)] as const
  })
}
