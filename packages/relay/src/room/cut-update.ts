import * as encoding from "lib0/encoding"
import * as Y from "yjs"
import { needsOf } from "./decode-update.ts"
import { splitStruct } from "./split-struct.ts"

export type Struct = ReturnType<typeof Y.decodeUpdate>["structs"][number]

interface Queue {
  readonly structs: Struct[]
  readonly bytes: number[]
  at: number
  placedEnd: number
}

/**
 * Cuts an update into updates of about `maxBytes`, each of which a document can take in once it has those before it; the last one
 * deletes. One whose structs cannot be put in such an order is left whole.
 */
export function cutUpdate(update: Uint8Array, maxBytes: number): readonly Uint8Array[] {
  if (update.length <= maxBytes) return [update]
  const starts: number[] = []
  class StartsDecoder extends Y.UpdateDecoderV1 {
    // Yjs reads it once, first, of each struct.
    override readInfo(): number {
      starts.push(this.restDecoder.pos)
      return super.readInfo()
    }
  }
  const { structs, ds } = Y.decodeUpdateV2(update, StartsDecoder)
  if (starts.length !== structs.length || structs.some((struct) => struct instanceof Y.Skip)) return [update]
  const queues = queuesOf(structs, starts, maxBytes, update.length)
  const pieces: Uint8Array[] = []
  let piece = new Map<number, Struct[]>()
  let pieceBytes = 0
  let left = [...queues.values()].reduce((sum, queue) => sum + queue.structs.length, 0)
  const take = (client: number, queue: Queue): void => {
    const struct = queue.structs[queue.at]
    if (struct === undefined) return
    const taken = piece.get(client)
    if (taken === undefined) piece.set(client, [struct])
    else taken.push(struct)
    pieceBytes += queue.bytes[queue.at] ?? 0
    queue.placedEnd = struct.id.clock + struct.length
    queue.at += 1
    left -= 1
    if (pieceBytes < maxBytes || left === 0) return
    pieces.push(encodePiece(piece, new Map()))
    piece = new Map()
    pieceBytes = 0
  }
  placeAll(queues, take)
  if (left > 0) return [update]
  return [...pieces, encodePiece(piece, ds.clients)]
}

/** Takes structs client by client, going over to whoever is needed first and coming back. */
function placeAll(queues: ReadonlyMap<number, Queue>, take: (client: number, queue: Queue) => void): void {
  const open = [...queues.keys()].reverse()
  const waiting = new Set<number>()
  for (let client = open.at(-1); client !== undefined; client = open.at(-1)) {
    const queue = queues.get(client)
    if (queue === undefined || queue.at >= queue.structs.length) {
      open.pop()
      waiting.delete(client)
      continue
    }
    const needed = neededFirst(queues, client, queue)
    if (needed === undefined) take(client, queue)
    else if (waiting.has(needed)) return
    else {
      waiting.add(client)
      open.push(needed)
    }
    if (needed === undefined && waiting.size > 0 && open.length > 1) giveBack(queues, open, waiting)
  }
}

/** Goes back to whoever waited, as soon as what it needs is there. */
function giveBack(queues: ReadonlyMap<number, Queue>, open: number[], waiting: Set<number>): void {
  const waiter = open.at(-2)
  const queue = waiter === undefined ? undefined : queues.get(waiter)
  if (waiter === undefined || queue === undefined || !waiting.has(waiter)) return
  if (neededFirst(queues, waiter, queue) !== undefined) return
  open.pop()
  waiting.delete(waiter)
}

/** The client of a struct that must come before the queue's next one. */
function neededFirst(queues: ReadonlyMap<number, Queue>, client: number, queue: Queue): number | undefined {
  const struct = queue.structs[queue.at]
  if (!(struct instanceof Y.Item)) return undefined
  for (const id of needsOf(struct)) {
    if (id.client === client) continue
    const other = queues.get(id.client)
    if (other !== undefined && other.at < other.structs.length && id.clock >= other.placedEnd) return id.client
  }
  return undefined
}

function queuesOf(
  structs: readonly Struct[],
  starts: readonly number[],
  maxBytes: number,
  updateBytes: number,
): ReadonlyMap<number, Queue> {
  const queues = new Map<number, Queue>()
  for (const [index, struct] of structs.entries()) {
    const { client, clock } = struct.id
    const queue = queues.get(client) ?? { structs: [], bytes: [], at: 0, placedEnd: clock }
    queues.set(client, queue)
    const start = starts[index] ?? 0
    const bytes = (starts[index + 1] ?? updateBytes) - start
    const parts = splitStruct(struct, Math.ceil(bytes / maxBytes))
    queue.structs.push(...parts)
    queue.bytes.push(...parts.map(() => bytes / parts.length))
  }
  return queues
}

function encodePiece(
  piece: ReadonlyMap<number, readonly Struct[]>,
  deletes: ReadonlyMap<number, readonly { readonly clock: number; readonly len: number }[]>,
): Uint8Array {
  const encoder = new Y.UpdateEncoderV1()
  const { restEncoder } = encoder
  encoding.writeVarUint(restEncoder, piece.size)
  for (const [client, structs] of piece) {
    encoding.writeVarUint(restEncoder, structs.length)
    encoder.writeClient(client)
    encoding.writeVarUint(restEncoder, structs[0]?.id.clock ?? 0)
    for (const struct of structs) struct.write(encoder, 0)
  }
  encoding.writeVarUint(restEncoder, deletes.size)
  for (const [client, ranges] of deletes) {
    encoding.writeVarUint(restEncoder, client)
    encoding.writeVarUint(restEncoder, ranges.length)
    for (const { clock, len } of ranges) {
      encoding.writeVarUint(restEncoder, clock)
      encoding.writeVarUint(restEncoder, len)
    }
  }
  return encoder.toUint8Array()
}
