import * as decoding from "lib0/decoding"
import * as encoding from "lib0/encoding"

/** The payload of an awareness frame about one client. */
export function encodePresence(client: number, clock: number, state: string): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, 1)
    encoding.writeVarUint(encoder, client)
    encoding.writeVarUint(encoder, clock)
    encoding.writeVarString(encoder, state)
  })
}

/** Calls `take` for every client that the payload speaks of. */
export function readPresences(payload: Uint8Array, take: (client: number, clock: number) => void): void {
  const decoder = decoding.createDecoder(payload)
  for (let left = decoding.readVarUint(decoder); left > 0; left--) {
    const client = decoding.readVarUint(decoder)
    const clock = decoding.readVarUint(decoder)
    decoding.readVarUint8Array(decoder)
    take(client, clock)
  }
}
