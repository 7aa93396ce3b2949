import { MillraceError } from "@millrace/ports"
import type { ServerMessage } from "@millrace/protocol"

export type SnapshotMessage = Extract<ServerMessage, { type: "snapshot" }>

/** Most that one snapshot may have here: far above any workspace that a process can hold. */
const maxSnapshotBytes = 1024 * 1024 * 1024

/** Puts one snapshot's pieces together. */
export class SnapshotPieces {
  readonly #pieces: Uint8Array[] = []
  #bytes = 0
  #seq: number | undefined

  /** The whole update with its last piece. Throws kind `corrupt` where the pieces are not those of one snapshot. */
  add({ seq, totalBytes, last, piece }: SnapshotMessage): Uint8Array | undefined {
    this.#seq ??= seq
    this.#bytes += piece.length
    const fits = this.#bytes <= totalBytes && totalBytes <= maxSnapshotBytes && seq === this.#seq
    if (!fits || (last && this.#bytes !== totalBytes)) {
      throw new MillraceError("The pieces of the relay's snapshot do not fit together; they are asked for again.", {
        kind: "corrupt",
        retry: { afterMs: 1000 },
      })
    }
    this.#pieces.push(piece)
    if (!last) return undefined
    const whole = new Uint8Array(totalBytes)
    let at = 0
    for (const one of this.#pieces) {
      whole.set(one, at)
      at += one.length
    }
    return whole
  }
}
