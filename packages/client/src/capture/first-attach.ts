import {
  inTransaction,
  keyOfText,
  type LogRecord,
  logStore,
  resultOf,
  type StoreChange,
  textOfKey,
} from "@millrace/indexeddb"
import { type Collection, getOwn, type PlainRecord } from "@millrace/model"
import type { Random } from "@millrace/ports"
import { firstLane, openLane } from "./key-lane.ts"
import { differingFields, fieldsOfRow } from "./row-values.ts"
import type { ShareEvent } from "./share-options.ts"
import { type AttachMark, readMeta, type SharedStore, writeMeta } from "./stores-side.ts"

const batch = 1_000

export interface AttachRequest {
  readonly database: IDBDatabase
  readonly store: SharedStore
  readonly workspace: string
  readonly collection: Collection
  readonly random: Random
  readonly nowMs: () => number
  /** Runs the writes as one and resolves when they are stored. */
  readonly write: (work: () => void) => Promise<void>
  readonly tell: (event: ShareEvent) => void
  readonly isClosed: () => boolean
}

export function attachKey(store: string): string {
  return `attached:${store}`
}

/**
 * Takes the rows of a store into the workspace for the first time, batch by batch; goes on where a crash ended it.
 *
 * Where both have a record, fields that only the row has are added, and of the others the workspace's value holds: the row's is told. A row whose
 * generated key is another row's in the workspace moves to a fresh key first.
 */
export async function attach(request: AttachRequest): Promise<void> {
  const { database, store, workspace, isClosed } = request
  const key = attachKey(store.name)
  let mark = (await readMeta(database, key)) as AttachMark | undefined
  if (mark?.workspace !== workspace) {
    await inTransaction(database, [store.name], "readwrite", (transaction) =>
      openLane(transaction.objectStore(store.name), store, request.nowMs(), () => request.random.float()),
    )
    mark = { workspace, at: null, count: 0, done: false }
  }
  while (!mark.done && !isClosed()) {
    mark = await attachBatch(request, mark)
    await writeMeta(database, key, mark)
  }
}

async function attachBatch(request: AttachRequest, mark: AttachMark): Promise<AttachMark> {
  const { database, store, collection, tell, write } = request
  const rows = database.transaction([store.name], "readonly").objectStore(store.name)
  const range = mark.at === null ? null : IDBKeyRange.lowerBound(mark.at, true)
  const [keys, values, total] = await Promise.all([
    resultOf(rows.getAllKeys(range, batch)),
    resultOf(rows.getAll(range, batch)) as Promise<unknown[]>,
    resultOf(rows.count()),
  ])
  const moving: (readonly [IDBValidKey, unknown])[] = []
  await write(() => {
    for (const [index, key] of keys.entries()) {
      const row = values[index]
      if (isTaken(request, key, row)) moving.push([key, row])
      else takeIn(request, collection, textOfKey(key), row)
    }
  })
  for (const [key, row] of moving) await move(request, key, row)
  const count = mark.count + keys.length
  tell({ kind: "progress", store: store.name, done: count, total: Math.max(total, count) })
  return { ...mark, at: keys.at(-1) ?? mark.at, count, done: keys.length < batch }
}

function takeIn({ store, tell }: AttachRequest, collection: Collection, id: string, row: unknown): void {
  const { fields } = fieldsOfRow(row, store.keyPath)
  const record = collection.get(id)
  try {
    if (record === undefined) {
      collection.put(id, fields as PlainRecord)
      return
    }
    const known = differingFields(fields, record)
    const missing = known.filter((field) => getOwn(record, field) === undefined)
    if (missing.length > 0) {
      const added = Object.fromEntries(missing.map((field) => [field, getOwn(fields, field)]))
      collection.update(id, added as PlainRecord)
    }
    const differed = known.filter((field) => !missing.includes(field) && getOwn(fields, field) !== undefined)
    if (differed.length > 0) tell({ kind: "differed", store: store.name, key: keyOfText(id), fields: differed, row })
  } catch (cause) {
    tell({ kind: "refused", store: store.name, key: keyOfText(id), field: "", cause })
  }
}

/** A generated key from before the lanes, with another row's content in the workspace. */
function isTaken({ store, collection }: AttachRequest, key: IDBValidKey, row: unknown): boolean {
  if (!store.autoIncrement || typeof key !== "number" || key >= firstLane) return false
  const record = collection.get(textOfKey(key))
  return record !== undefined && differingFields(fieldsOfRow(row, store.keyPath).fields, record).length > 0
}

async function move(
  { database, store, nowMs, tell, ...rest }: AttachRequest,
  key: IDBValidKey,
  row: unknown,
): Promise<void> {
  const to = await inTransaction(database, [store.name, logStore], "readwrite", async (transaction) => {
    const rows = transaction.objectStore(store.name)
    rows.delete(key)
    const fresh = await resultOf(rows.add(store.keyPath === null ? row : withoutKey(row, String(store.keyPath))))
    const after = await resultOf<unknown>(rows.get(fresh))
    const changes: readonly StoreChange[] = [
      { op: "delete", store: store.name, key, before: row, isExact: true },
      { op: "add", store: store.name, key: fresh, after, isExact: true },
    ]
    const entry: LogRecord = { tx: "", atMs: nowMs(), remote: true, changes }
    transaction.objectStore(logStore).add(entry)
    return { fresh, after }
  })
  tell({ kind: "moved", store: store.name, from: key, to: to.fresh })
  await rest.write(() =>
    takeIn({ database, store, nowMs, tell, ...rest }, rest.collection, textOfKey(to.fresh), to.after),
  )
}

function withoutKey(row: unknown, path: string): unknown {
  const copy = structuredClone(row) as Record<string, unknown>
  const names = path.split(".")
  const last = names.pop()
  const at = names.reduce<Record<string, unknown>>((inner, name) => inner[name] as Record<string, unknown>, copy)
  if (last !== undefined) delete at[last]
  return copy
}
