import { MillraceError } from "@millrace/ports"
import type * as decoding from "lib0/decoding"
import * as Y from "yjs"
import type { DeletedRange } from "./delete-ranges.ts"

/** A stretch of structs of one client, with the latest struct of others that it needs. */
export interface StructRange {
  readonly client: number
  readonly clock: number
  readonly end: number
  readonly needs: readonly Y.ID[]
}

export interface DecodedUpdate {
  readonly structs: readonly StructRange[]
  readonly deletes: readonly DeletedRange[]
}

let rest: decoding.Decoder | undefined

/** Keeps hold of the decoder, because Yjs does not tell where the update ends. */
class WholeUpdateDecoder extends Y.UpdateDecoderV1 {
  constructor(decoder: decoding.Decoder) {
    super(decoder)
    rest = decoder
  }
}

/**
 * Reads an update with Yjs' own decoder, so that what passes here decodes at every client.
 *
 * Throws kind `corrupt` for bytes that do not decode, that go on behind the update, or whose numbers no document can hold.
 */
export function decodeUpdate(update: Uint8Array): DecodedUpdate {
  try {
    const { structs, ds } = Y.decodeUpdateV2(update, WholeUpdateDecoder)
    if (rest === undefined || rest.pos !== update.length) throw new RangeError("bytes follow the update")
    return { structs: structs.flatMap(structRange), deletes: deletedRanges(ds.clients) }
  } catch (cause) {
    throw new MillraceError("The update does not decode and was not kept; reload this copy from the relay.", {
      kind: "corrupt",
      cause,
    })
  } finally {
    rest = undefined
  }
}

function structRange(struct: Y.Item | Y.GC | Y.Skip): readonly StructRange[] {
  const { client, clock } = struct.id
  const end = clock + struct.length
  if (struct.length < 1 || !Number.isSafeInteger(end)) throw new RangeError("a struct has no possible length")
  if (struct instanceof Y.Skip) return []
  return [{ client, clock, end, needs: struct instanceof Y.Item ? needsOf(struct) : [] }]
}

/** Per client the first clock that the updates have. */
export function firstsOf(...updates: readonly DecodedUpdate[]): ReadonlyMap<number, number> {
  const firsts = new Map<number, number>()
  for (const { structs } of updates) {
    for (const { client, clock } of structs) firsts.set(client, Math.min(clock, firsts.get(client) ?? clock))
  }
  return firsts
}

/** What an item stands beside or in. */
export function needsOf(item: Y.Item): readonly Y.ID[] {
  const parent: unknown = item.parent
  const ids = [item.origin, item.rightOrigin, parent instanceof Y.ID ? parent : null]
  return ids.filter((id) => id !== null)
}

function deletedRanges(clients: ReadonlyMap<number, readonly { clock: number; len: number }[]>): DeletedRange[] {
  const ranges: DeletedRange[] = []
  for (const [client, items] of clients) {
    for (const { clock, len } of items) {
      if (!Number.isSafeInteger(clock + len)) throw new RangeError("a deletion has no possible length")
      ranges.push({ client, clock, end: clock + len })
    }
  }
  return ranges
}
