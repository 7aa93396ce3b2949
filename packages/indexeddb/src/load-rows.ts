import { type Random, randomId } from "@millrace/ports"
import * as Y from "yjs"
import type { KeyRanges } from "./key-ranges.ts"
import { endOf, resultOf } from "./open-database.ts"
import { customStore, readOn, type StockReader, updatesStore } from "./stock.ts"

const incarnationKey = "millrace.incarnation"
export const generationKey = "millrace.generation"
/** What was noted beside the rows, by name. */
const notePrefix = "millrace.note."

export function noteKey(name: string): string {
  return `${notePrefix}${name}`
}

export interface Border {
  /** The first row behind it. */
  readonly key: number
  readonly reached: (() => void) | undefined
}

/**
 * Applies every stored row and leaves `reader` behind the last. Rows before `unreflectedFrom` come with the origin
 * `settled`, the others with `reader`, and no transaction crosses the border.
 */
export async function applyRows(
  reader: StockReader,
  settled: StockReader,
  unreflectedFrom: number | undefined,
  border: Border | undefined,
): Promise<void> {
  for (const stop of [border?.key, unreflectedFrom].filter((key) => key !== undefined).sort((a, b) => a - b)) {
    await applyUpTo(stop, settled, unreflectedFrom === undefined || stop <= unreflectedFrom ? settled : reader)
    if (stop === border?.key) border.reached?.()
  }
  reader._dbref = settled._dbref
  const rest = unreflectedFrom === undefined ? settled : reader
  await readOn(rest)
  reader._dbref = rest._dbref
  reader._dbsize = rest._dbsize
}

/** Applies the rows from `at._dbref` on that are before `stop`. */
async function applyUpTo(stop: number, at: StockReader, origin: StockReader): Promise<void> {
  if (stop <= at._dbref) return
  const store = at.db.transaction([updatesStore], "readonly").objectStore(updatesStore)
  const range = IDBKeyRange.bound(at._dbref, stop, false, true)
  const rows: Uint8Array[] = await resultOf(store.getAll(range))
  Y.transact(at.doc, () => rows.forEach((row) => Y.applyUpdate(at.doc, row)), origin, false)
  at._dbref = stop
}

/** Which life of the database this is, drawn at the first opening, and the generation of its rows, 0 while none was set. */
export async function readIdentity(
  database: IDBDatabase,
  random: Random,
): Promise<{
  readonly incarnation: string
  readonly generation: number
  readonly notes: ReadonlyMap<string, unknown>
  readonly isNew: boolean
}> {
  const transaction = database.transaction([customStore], "readwrite")
  const end = endOf(transaction)
  const store = transaction.objectStore(customStore)
  const found = resultOf<unknown>(store.get(incarnationKey))
  const generation = resultOf<unknown>(store.get(generationKey))
  const range = IDBKeyRange.bound(notePrefix, `${notePrefix}\uffff`)
  const names = resultOf(store.getAllKeys(range) as IDBRequest<string[]>)
  const values = resultOf<unknown[]>(store.getAll(range))
  const known = await found
  const incarnation = typeof known === "string" ? known : randomId(random, 12)
  if (known !== incarnation) store.put(incarnation, incarnationKey)
  await end
  const noted = await values
  const notes = new Map((await names).map((name, at) => [name.slice(notePrefix.length), noted[at]] as const))
  return { incarnation, generation: Number((await generation) ?? 0), notes, isNew: known !== incarnation }
}

/** Begins a new life of the database; returns its name. */
export async function renewIdentity(database: IDBDatabase, random: Random): Promise<string> {
  const transaction = database.transaction([customStore], "readwrite")
  const incarnation = randomId(random, 12)
  transaction.objectStore(customStore).put(incarnation, incarnationKey)
  await endOf(transaction)
  return incarnation
}

export async function readKeys(database: IDBDatabase): Promise<readonly number[]> {
  const store = database.transaction([updatesStore], "readonly").objectStore(updatesStore)
  return (await resultOf(store.getAllKeys())) as number[]
}

/** Whether rows are gone that were known to be stored. */
export function lostRows(
  reflected: { readonly incarnation: string; readonly keys: KeyRanges } | undefined,
  incarnation: string,
  keys: readonly number[],
): boolean {
  if (reflected?.incarnation !== incarnation) return false
  return (reflected.keys.at(-1)?.[1] ?? 0) > (keys.at(-1) ?? 0)
}
