import { inTransaction, journaledStores, metaStore, resultOf } from "@millrace/indexeddb"
import { type Random, randomId } from "@millrace/ports"

const lifeKey = "life"

/** One store of the application that is shared. */
export interface SharedStore {
  readonly name: string
  readonly collection: string
  readonly keyPath: string | readonly string[] | null
  readonly autoIncrement: boolean
  /** For listeners of Dexie's. */
  readonly indexNames: readonly string[]
}

/** The stores of `wanted` that have journals, all without it. */
export function sharedStores(
  database: IDBDatabase,
  wanted: Readonly<Record<string, string>> | undefined,
): readonly SharedStore[] {
  const names = journaledStores(database).filter((name) => wanted === undefined || Object.hasOwn(wanted, name))
  if (names.length === 0) return []
  const transaction = database.transaction(names, "readonly")
  return names.map((name) => {
    const { keyPath, autoIncrement, indexNames } = transaction.objectStore(name)
    return { name, collection: wanted?.[name] ?? name, keyPath, autoIncrement, indexNames: [...indexNames] }
  })
}

/** Names this life of the database: one that was deleted and made anew is another. */
export async function lifeOf(database: IDBDatabase, random: Random): Promise<string> {
  return await inTransaction(database, [metaStore], "readwrite", async (transaction) => {
    const meta = transaction.objectStore(metaStore)
    const known = await resultOf<unknown>(meta.get(lifeKey))
    if (typeof known === "string") return known
    const life = randomId(random, 12)
    meta.put(life, lifeKey)
    return life
  })
}

/** How far the first taking in of a store into a workspace is; `done` when it is over. */
export interface AttachMark {
  readonly workspace: string
  readonly at: IDBValidKey | null
  readonly count: number
  readonly done: boolean
}

export async function readMeta(database: IDBDatabase, key: string): Promise<unknown> {
  return await resultOf<unknown>(database.transaction([metaStore], "readonly").objectStore(metaStore).get(key))
}

export async function writeMeta(database: IDBDatabase, key: string, value: unknown): Promise<void> {
  await inTransaction(database, [metaStore], "readwrite", async (transaction) => {
    transaction.objectStore(metaStore).put(value, key)
  })
}
