import { inTransaction } from "../in-transaction.ts"
import { openDatabase } from "../open-database.ts"
import { createStatusStores, metaStore } from "../status-store.ts"
import { StorageFault } from "../storage-fault.ts"
import { type MirrorPosition, mirrorPositionKey, readMirrorPosition, rebuildStart } from "./mirror-position.ts"
import type { MirrorIndex, MirrorStore, MirrorStores } from "./mirror-stores.ts"

/** Journal of the mirror, key `number`. */
export const changesStore = "$changes"
const maxAttempts = 10

export interface MirrorDatabaseRequest {
  readonly indexedDB: IDBFactory
  readonly name: string
  readonly stores: MirrorStores
  /** Whether stores of another schema are replaced; else they are left alone and it rejects with the fault `superseded`. */
  readonly takeOver: boolean
  readonly onFault: (fault: StorageFault) => void
  /** Another page changed the stores; the connection is closed. */
  readonly onUpgrade: () => void
}

export interface OpenedMirror {
  readonly database: IDBDatabase
  readonly position: MirrorPosition
}

/**
 * Opens the database with the stores of the schema; where they are others, changes them in an upgrade of the database's version.
 *
 * Rows stay in stores that stay; the browser fills new indexes from them. The position then says that all is to be compared.
 */
export async function openMirrorDatabase(request: MirrorDatabaseRequest): Promise<OpenedMirror> {
  const { name, stores, takeOver } = request
  for (let attempt = 1; ; attempt += 1) {
    const database = await open(request, undefined, undefined)
    const { version } = database
    const position = await readPosition(database)
    if (position !== undefined && position.schemaHash === stores.hash && hasAll(database, stores))
      return { database, position }
    database.close()
    if (!takeOver && position !== undefined) throw new StorageFault("superseded", name)
    if (attempt === maxAttempts) throw new StorageFault("unopened", name)
    try {
      ;(await open(request, version + 1, position)).close()
    } catch (thrown) {
      // Another tab was faster: what it made is looked at again.
      if (!isVersionError(thrown)) throw thrown
    }
  }
}

function open(
  request: MirrorDatabaseRequest,
  version: number | undefined,
  position: MirrorPosition | undefined,
): Promise<IDBDatabase> {
  const { indexedDB, name, stores, onFault, onUpgrade } = request
  return openDatabase({
    indexedDB,
    name,
    ...(version === undefined ? {} : { version }),
    upgrade: (database, transaction) => {
      createStatusStores(database)
      if (version !== undefined) changeStores(database, transaction, stores, position?.journal ?? 0)
    },
    onFault,
    onUpgrade,
  })
}

async function readPosition(database: IDBDatabase): Promise<MirrorPosition | undefined> {
  try {
    return await inTransaction(database, [metaStore], "readonly", readMirrorPosition)
  } catch {
    // The connection was closed for another tab's upgrade: to be looked at again.
    return undefined
  }
}

function hasAll(database: IDBDatabase, { stores }: MirrorStores): boolean {
  const names = database.objectStoreNames
  return names.contains(changesStore) && stores.every(({ name }) => names.contains(name))
}

function changeStores(
  database: IDBDatabase,
  transaction: IDBTransaction,
  { stores, hash }: MirrorStores,
  journal: number,
): void {
  const present = [...database.objectStoreNames]
  for (const name of present) {
    if (!name.startsWith("$") && !stores.some((store) => store.name === name)) database.deleteObjectStore(name)
  }
  for (const store of stores) {
    const made = database.objectStoreNames.contains(store.name)
      ? transaction.objectStore(store.name)
      : database.createObjectStore(store.name, { keyPath: "id" })
    changeIndexes(made, store)
  }
  if (!database.objectStoreNames.contains(changesStore)) {
    database.createObjectStore(changesStore, { keyPath: "number", autoIncrement: true })
  }
  const position: MirrorPosition = {
    schemaHash: hash,
    incarnation: "",
    reflected: [],
    seq: 0,
    generation: 0,
    journal,
    rebuild: rebuildStart,
    rebuilds: 0,
  }
  transaction.objectStore(metaStore).put(position, mirrorPositionKey)
}

function changeIndexes(made: IDBObjectStore, { indexes }: MirrorStore): void {
  const present = [...made.indexNames]
  for (const name of present) {
    const wanted = indexes.find((index) => index.name === name)
    if (wanted === undefined || !isSame(made.index(name), wanted)) made.deleteIndex(name)
  }
  for (const { name, keyPath, multiEntry } of indexes) {
    if (made.indexNames.contains(name)) continue
    made.createIndex(name, typeof keyPath === "string" ? keyPath : [...keyPath], { multiEntry })
  }
}

function isSame(made: IDBIndex, wanted: MirrorIndex): boolean {
  return made.multiEntry === wanted.multiEntry && JSON.stringify(made.keyPath) === JSON.stringify(wanted.keyPath)
}

function isVersionError(thrown: unknown): boolean {
  const { cause } = thrown as { readonly cause?: unknown }
  return thrown instanceof StorageFault && cause instanceof Object && "name" in cause && cause.name === "VersionError"
}

/** The position as it is stored now. */
export function positionIn(database: IDBDatabase): Promise<MirrorPosition | undefined> {
  return inTransaction(database, [metaStore], "readonly", readMirrorPosition)
}
