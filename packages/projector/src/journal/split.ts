import type { Derived, Receipts } from "./entry.ts"

/** Most bytes of an entry; one record may be larger by itself. Fits every driver's message. */
export const maxEntryBytes: number = 512 * 1024

/**
 * Cuts what one look gave into entries of at most `maxBytes`, at record borders.
 *
 * The order of records is kept, and only the last entry carries the position: a crash between two entries leaves a
 * position from which the rest is derived again.
 */
export function splitDerived(derived: Derived, maxBytes: number = maxEntryBytes): readonly Derived[] {
  const { contested = [], landed = [], ...rest } = derived
  const empty: Derived = { ...rest, records: [], invalid: [], mended: [], seen: [], position: null }
  const entries: Derived[] = []
  let current = open()
  let bytes = 0
  const room = (item: unknown): void => {
    const size = sizeOf(item)
    if (bytes > 0 && bytes + size > maxBytes) {
      entries.push({ ...empty, ...withoutNone(current) })
      current = open()
      bytes = 0
    }
    bytes += size
  }
  for (const item of derived.records) {
    room(item)
    current.records.push(item)
  }
  for (const item of derived.invalid) {
    room(item)
    current.invalid.push(item)
  }
  for (const item of derived.mended) {
    room(item)
    current.mended.push(item)
  }
  for (const item of derived.seen) {
    room(item)
    current.seen.push(item)
  }
  for (const item of contested) {
    room(item)
    current.contested.push(item)
  }
  const last = landed.length === 0 ? {} : { landed }
  entries.push({ ...empty, ...withoutNone(current), ...last, position: derived.position })
  return entries
}

/** Cuts receipts into entries of at most `maxBytes`; each is true by itself. */
export function splitReceipts(receipts: Receipts, maxBytes: number = maxEntryBytes): readonly Receipts[] {
  const entries: Receipts[] = []
  let accepted: Receipts["accepted"][number][] = []
  let failed: Receipts["failed"][number][] = []
  let bytes = 0
  const flush = (): void => {
    if (bytes > 0) entries.push({ ...receipts, accepted, failed })
    accepted = []
    failed = []
    bytes = 0
  }
  const room = (item: unknown): void => {
    const size = sizeOf(item)
    if (bytes + size > maxBytes) flush()
    bytes += size
  }
  for (const item of receipts.accepted) {
    room(item)
    accepted.push(item)
  }
  for (const item of receipts.failed) {
    room(item)
    failed.push(item)
  }
  flush()
  return entries
}

/** Cuts a list into parts of at most `maxBytes`, each with at least one item. */
export function splitItems<T>(items: readonly T[], maxBytes: number = maxEntryBytes): readonly (readonly T[])[] {
  const parts: T[][] = []
  let bytes = 0
  for (const item of items) {
    const size = sizeOf(item)
    const last = parts.at(-1)
    if (last === undefined || bytes + size > maxBytes) {
      parts.push([item])
      bytes = size
    } else {
      last.push(item)
      bytes += size
    }
  }
  return parts
}

type Parts = Required<Pick<Derived, "records" | "invalid" | "mended" | "seen" | "contested">>

function open(): { [K in keyof Parts]: Parts[K][number][] } {
  return { records: [], invalid: [], mended: [], seen: [], contested: [] }
}

function withoutNone({ contested, ...parts }: ReturnType<typeof open>): Partial<Derived> {
  return contested.length === 0 ? parts : { ...parts, contested }
}

/** Bytes of an item in an entry, its comma included. */
function sizeOf(item: unknown): number {
  return Buffer.byteLength(JSON.stringify(item), "utf8") + 1
}
