import type { LogRecord, StoreChange, StoreReset } from "./changes.ts"
import type { JournalRecord } from "./journal.ts"
import { keyOfText, textOfKey } from "./key-text.ts"
import { sameClone } from "./same-clone.ts"

/** A row, or none: `undefined` where it is not known which. */
export interface Known {
  readonly row?: unknown
}

/** What the journal of one store says, with its rows as they are now. */
export interface SweptStore {
  readonly store: string
  readonly records: readonly JournalRecord[]
  /** By key's text. */
  readonly rows: ReadonlyMap<string, Known>
  /** True where marks found no room. */
  readonly isUnclean: boolean
}

interface Visit {
  readonly tx: string
  readonly before: Known | undefined
}

interface Transaction extends Omit<LogRecord, "changes"> {
  readonly changes: (StoreChange | StoreReset)[]
}

/** Texts of the keys that the records name. */
export function keysNamed(records: readonly JournalRecord[]): ReadonlySet<string> {
  const keys = new Set<string>()
  for (const { marks, images } of records) {
    for (const mark of marks) if ("key" in mark) keys.add(textOfKey(mark.key))
    for (const { key } of images) keys.add(textOfKey(key))
  }
  return keys
}

/**
 * Transactions in an order that every store agrees with, each with what it changed.
 *
 * What a transaction left is what the next one found: with images every step is told, without them the steps of one key are told as
 * one, at the last transaction that touched it.
 */
export function stepsOf(stores: readonly SweptStore[]): readonly LogRecord[] {
  const transactions = new Map<string, Transaction>()
  for (const { records } of stores) {
    for (const { tx, atMs, upgrade } of records) {
      if (transactions.has(tx)) continue
      transactions.set(tx, { tx, atMs, remote: false, ...(upgrade && { upgrade }), changes: [] })
    }
  }
  for (const swept of stores) tellStore(swept, transactions)
  const order = mergeOrders(
    stores.map(({ records }) => [...new Set(records.map(({ tx }) => tx))]),
    (tx) => transactions.get(tx)?.atMs ?? 0,
  )
  const told = order.flatMap((tx) => transactions.get(tx) ?? [])
  const unclean = stores.filter(({ isUnclean }) => isUnclean)
  if (unclean.length > 0) {
    const changes = unclean.map(({ store }) => ({ op: "reset", store }) as const)
    told.push({ tx: "", atMs: told.at(-1)?.atMs ?? 0, remote: false, changes })
  }
  return told.filter(({ changes }) => changes.length > 0)
}

function tellStore({ store, records, rows }: SweptStore, transactions: ReadonlyMap<string, Transaction>): void {
  const visits = new Map<string, Visit[]>()
  for (const [tx, own] of groupByTransaction(records)) {
    if (isOpenEnded(own)) transactions.get(tx)?.changes.push({ op: "reset", store })
    const before = beforesOf(own)
    for (const key of keysTouched(own)) {
      const list = visits.get(key) ?? []
      visits.set(key, list)
      list.push({ tx, before: before.get(key) })
    }
  }
  for (const [text, list] of visits) {
    let from = list[0]?.before
    for (const [index, { tx }] of list.entries()) {
      const next = list[index + 1]
      const to = next === undefined ? rows.get(text) : next.before
      // The next transaction does not know what it found: its step tells of both.
      if (to === undefined) continue
      const change = changeOf(store, keyOfText(text), from, to)
      if (change !== undefined) transactions.get(tx)?.changes.push(change)
      from = to
    }
  }
}

/** Keys that may have changed: those of adds that failed have not. */
function keysTouched(records: readonly JournalRecord[]): ReadonlySet<string> {
  const failed = failedAdds(records)
  const done = records.map((record) => ({
    ...record,
    marks: record.marks.filter(({ op, at }) => op !== "unadd" && !(op === "add" && failed.has(at))),
  }))
  return keysNamed(done)
}

function failedAdds(records: readonly JournalRecord[]): ReadonlySet<number> {
  const marks = records.flatMap((record) => record.marks)
  return new Set(marks.filter(({ op }) => op === "unadd").map(({ at }) => at))
}

function changeOf(store: string, key: IDBValidKey, from: Known | undefined, to: Known): StoreChange | undefined {
  const isThere = "row" in to
  if (from === undefined) {
    return isThere
      ? { op: "update", store, key, after: to.row, isExact: false }
      : { op: "delete", store, key, isExact: false }
  }
  const wasThere = "row" in from
  if (!wasThere) return isThere ? { op: "add", store, key, after: to.row, isExact: true } : undefined
  if (!isThere) return { op: "delete", store, key, before: from.row, isExact: true }
  if (sameClone(from.row, to.row)) return undefined
  return { op: "update", store, key, before: from.row, after: to.row, isExact: true }
}

function groupByTransaction(records: readonly JournalRecord[]): ReadonlyMap<string, readonly JournalRecord[]> {
  const groups = new Map<string, JournalRecord[]>()
  for (const record of records) {
    const group = groups.get(record.tx)
    if (group === undefined) groups.set(record.tx, [record])
    else group.push(record)
  }
  return groups
}

/** Whether keys may have changed that no mark and no image names. */
function isOpenEnded(records: readonly JournalRecord[]): boolean {
  const hasImages = records.every((record) => record.hasImages)
  const marks = records.flatMap((record) => record.marks)
  if (marks.some(({ op }) => op === "scan")) return true
  return marks.some(({ op }) => op === "clear" || op === "deleteRange") && !hasImages
}

/** What each key was before the transaction, where that is known. */
function beforesOf(records: readonly JournalRecord[]): ReadonlyMap<string, Known> {
  const first = new Map<string, { readonly at: number; readonly known: Known }>()
  const note = (key: IDBValidKey, at: number, known: Known): void => {
    const text = textOfKey(key)
    if (at < (first.get(text)?.at ?? Number.POSITIVE_INFINITY)) first.set(text, { at, known })
  }
  // Some of what a scan stands for may have come before any image.
  if (records.some(({ marks }) => marks.some(({ op }) => op === "scan"))) return new Map()
  const failed = failedAdds(records)
  const isWhole = records.every(({ hasImages }) => hasImages)
  for (const { marks, images } of records) {
    for (const image of images) note(image.key, image.at, "row" in image ? { row: image.row } : {})
    if (!isWhole) continue
    for (const mark of marks) if (mark.op === "add" && !failed.has(mark.at)) note(mark.key, mark.at, {})
  }
  // A write that had no image came before the one that had: what it found is not known.
  for (const { marks } of records) {
    for (const mark of marks) {
      if (!("key" in mark) || failed.has(mark.at)) continue
      const text = textOfKey(mark.key)
      if (mark.at < (first.get(text)?.at ?? 0)) first.delete(text)
    }
  }
  return new Map([...first].map(([text, { known }]) => [text, known]))
}

/** One order that keeps each of the given ones; what none of them tells goes by time. */
function mergeOrders(orders: readonly (readonly string[])[], timeOf: (name: string) => number): readonly string[] {
  const rest = orders.map((order) => [...order].reverse())
  const merged: string[] = []
  const holders = new Map<string, number>()
  for (const order of orders) for (const name of order) holders.set(name, (holders.get(name) ?? 0) + 1)
  for (;;) {
    const heads = rest.flatMap((order) => order.at(-1) ?? [])
    if (heads.length === 0) return merged
    const free = heads.filter((name) => heads.filter((other) => other === name).length === holders.get(name))
    const candidates = free.length > 0 ? free : heads
    const chosen = candidates.reduce((a, b) => (timeOf(b) < timeOf(a) ? b : a))
    merged.push(chosen)
    for (const order of rest) if (order.at(-1) === chosen) order.pop()
  }
}
