import { MillraceError } from "@millrace/ports"

/** Cuts an encoded message into `part` payloads of at most `maxPartBytes`; what fits is left whole (undefined). */
export function cutIntoParts(message: Uint8Array, maxPartBytes: number): readonly Uint8Array[] | undefined {
  if (message.length <= maxPartBytes) return undefined
  const parts: Uint8Array[] = []
  for (let at = 0; at < message.length; at += maxPartBytes) parts.push(message.subarray(at, at + maxPartBytes))
  return parts
}

/**
 * Puts the parts of one message together again. What is added is copied; at most `maxMessageBytes` are ever held,
 * however small the parts are.
 */
export class PartJoiner {
  readonly #maxMessageBytes: number
  #held = new Uint8Array(0)
  #bytes = 0
  #begun = false

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes
  }

  /** Whether a message has begun and its last part is awaited. */
  get begun(): boolean {
    return this.#begun
  }

  /** The whole message once its last part is there. Throws kind `too-large` beyond the limit, and forgets the parts. */
  add(bytes: Uint8Array, last: boolean): Uint8Array | undefined {
    const total = this.#bytes + bytes.length
    if (total > this.#maxMessageBytes) {
      this.#reset()
      throw new MillraceError(
        `A message may have ${this.#maxMessageBytes} bytes; send the change in smaller transactions.`,
        { kind: "too-large" },
      )
    }
    this.#grow(total)
    this.#held.set(bytes, this.#bytes)
    this.#bytes = total
    this.#begun = !last
    if (!last) return undefined
    const whole = this.#held.subarray(0, total)
    this.#reset()
    return whole
  }

  #grow(bytes: number): void {
    if (bytes <= this.#held.length) return
    const grown = new Uint8Array(Math.min(this.#maxMessageBytes, Math.max(bytes, 2 * this.#held.length)))
    grown.set(this.#held.subarray(0, this.#bytes))
    this.#held = grown
  }

  #reset(): void {
    this.#held = new Uint8Array(0)
    this.#bytes = 0
    this.#begun = false
  }
}
