import { addKeys, coversKeys, type KeyRanges } from "../key-ranges.ts"
import { resultOf } from "../open-database.ts"

/** Key of the mirror's position in store `$meta`. */
export const mirrorPositionKey = "mirror"

/** What the mirrored stores stand for, written with every batch. */
export interface MirrorPosition {
  readonly schemaHash: string
  /** Life of the local update store that `reflected` belongs to; "" before the first batch. */
  readonly incarnation: string
  /** Keys of the local update store whose touches are in the stores; during a rebuild, in the part before its cursor. */
  readonly reflected: KeyRanges
  /** Highest durable seq of the log heard of when the batch was written, and its generation: for people and tools. */
  readonly seq: number
  readonly generation: number
  /** Number of the last entry of `$changes`. */
  readonly journal: number
  /** How far a rebuild came; null where the stores are whole. */
  readonly rebuild: RebuildCursor | null
  /** How often the stores were rebuilt since they were made. */
  readonly rebuilds: number
}

export interface RebuildCursor {
  /** Number of the collection in the schema's order. */
  readonly store: number
  /** The last id that was compared; null before the first. */
  readonly after: string | null
}

export const rebuildStart: RebuildCursor = { store: 0, after: null }

/** Reads the position in a transaction over `$meta`. */
export async function readMirrorPosition(transaction: IDBTransaction): Promise<MirrorPosition | undefined> {
  return await resultOf(
    transaction.objectStore("$meta").get(mirrorPositionKey) as IDBRequest<MirrorPosition | undefined>,
  )
}

/** Whether what `then` stood for is still in what `now` stands for. */
export function continues(now: MirrorPosition | undefined, then: MirrorPosition | undefined): boolean {
  if (now === undefined || then === undefined) return false
  return (
    now.schemaHash === then.schemaHash &&
    now.incarnation === then.incarnation &&
    coversKeys(now.reflected, then.reflected)
  )
}

/** Keys of one life of the update store. */
export interface Claim {
  readonly incarnation: string
  readonly keys: KeyRanges
}

/** The position with the keys of a claim, which replace those of an earlier life. */
export function claimed(position: MirrorPosition, { incarnation, keys }: Claim): MirrorPosition {
  const reflected = position.incarnation === incarnation ? addKeys(position.reflected, keys) : keys
  return { ...position, incarnation, reflected }
}

/** Whether the stores show everything that the keys of `claim` stand for. */
export function reflects(position: MirrorPosition, { incarnation, keys }: Claim): boolean {
  return position.rebuild === null && position.incarnation === incarnation && coversKeys(position.reflected, keys)
}
