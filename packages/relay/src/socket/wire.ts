/** One WebSocket frame as it goes to the socket, in one piece or as head and payload. */
export type Wire = readonly Uint8Array[]

/** Up to here a copy costs less than a second piece. */
const maxCopiedBytes = 16_384
const opcodes = { binary: 2, ping: 9 } as const
const finalBit = 0x80

/** A whole binary message, as RFC 6455, section 5.2, frames what a server sends: final, not masked. */
export function binaryWire(payload: Uint8Array): Wire {
  return frame(opcodes.binary, payload)
}

/** A ping with at most 125 bytes, which come back in its pong. */
export function pingWire(payload: Uint8Array): Wire {
  return frame(opcodes.ping, payload)
}

export function wireBytes(wire: Wire): number {
  return wire.length === 1 ? (wire[0]?.length ?? 0) : wire.reduce((sum, piece) => sum + piece.length, 0)
}

function frame(opcode: number, payload: Uint8Array): Wire {
  const head = headOf(opcode, payload.length)
  if (payload.length > maxCopiedBytes) return [head, payload]
  const whole = Buffer.allocUnsafe(head.length + payload.length)
  whole.set(head)
  whole.set(payload, head.length)
  return [whole]
}

function headOf(opcode: number, bytes: number): Buffer {
  const first = finalBit | opcode
  if (bytes < 126) return Buffer.from([first, bytes])
  if (bytes < 65_536) return Buffer.from([first, 126, bytes >> 8, bytes & 0xff])
  const head = Buffer.alloc(10)
  head[0] = first
  head[1] = 127
  head.writeUIntBE(bytes, 4, 6)
  return head
}
