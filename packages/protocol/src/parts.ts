import { MillraceError } from "@millrace/ports"

/** Cuts an encoded message into `part` payloads of at most `maxPartBytes`; what fits is left whole (undefined). */
export function cutIntoParts(message: Uint8Array, maxPartBytes: number): readonly Uint8Array[] | undefined {
  if (message.length <= maxPartBytes) return undefined
  const parts: Uint8Array[] = []
  for (let at = 0; at < message.length; at += maxPartBytes) parts.push(message.subarray(at, at + maxPartBytes))
  return parts
}

/** Puts the parts of one message together again; at most `maxMessageBytes` are ever held. */
export class PartJoiner {
  readonly #maxMessageBytes: number
  #parts: Uint8Array[] = []
  #bytes = 0

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes
  }

  /** The whole message once its last part is there. Throws kind `too-large` beyond the limit, and forgets the parts. */
  add(bytes: Uint8Array, last: boolean): Uint8Array | undefined {
    this.#bytes += bytes.length
    if (this.#bytes > this.#maxMessageBytes) {
      this.#reset()
      throw new MillraceError(
        `A message may have ${this.#maxMessageBytes} bytes; send the change in smaller transactions.`,
        { kind: "too-large" },
      )
    }
    this.#parts.push(bytes)
    if (!last) return undefined
    const whole = new Uint8Array(this.#bytes)
    let at = 0
    for (const part of this.#parts) {
      whole.set(part, at)
      at += part.length
    }
    this.#reset()
    return whole
  }

  #reset(): void {
    this.#parts = []
    this.#bytes = 0
  }
}
