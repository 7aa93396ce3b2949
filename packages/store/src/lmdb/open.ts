import { dirname, resolve } from "node:path"
import { MillraceError, messageOf } from "@millrace/ports"
import { type Database, open, type RootDatabase } from "lmdb"
import type { Store } from "../store.ts"
import { checkFolder, flushFolder, makeFolder } from "./folder.ts"
import { LmdbStore } from "./lmdb-store.ts"

export interface LmdbStoreOptions {
  /** Made when it is absent. Several processes may share it. */
  readonly folder: string
  /** Largest piece in which a payload is stored, 64 KiB unless given. */
  readonly partBytes?: number
}

/** The three tables of a folder. */
export interface Tables {
  readonly root: RootDatabase<Buffer, Buffer>
  /** Stream name to nothing; the row's version is the stream's last seq. */
  readonly heads: Database<Buffer, Buffer>
  readonly entries: Database<Buffer, Buffer>
  readonly parts: Database<Buffer, Buffer>
}

/** Address space reserved at first, not disk; beyond it the driver maps anew by itself. */
const addressBytes = 64 * 2 ** 30
const binary = { encoding: "binary", keyEncoding: "binary" } as const

/** Opens or makes the store in `folder`. Rejects with kind `storage`, naming the folder, where that cannot be. */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<Store> {
  const folder = resolve(options.folder)
  try {
    const made = makeFolder(folder)
    await checkFolder(folder)
    const tables = openTables(folder)
    // Once the new files' names are safe, LMDB's own flushes are enough.
    for (const changed of [folder, ...made.map((one) => dirname(one))]) await flushFolder(changed)
    return new LmdbStore(tables, folder, options.partBytes ?? 65_536)
  } catch (cause) {
    throw new MillraceError(
      `The store in ${folder} cannot be opened (${messageOf(cause)}); check that the folder is writable and the disk has room.`,
      { kind: "storage", cause },
    )
  }
}

function openTables(folder: string): Tables {
  const root = open<Buffer, Buffer>({
    path: folder,
    // With overlapping sync a commit resolves before its flush; without, a commit is a flushed commit.
    overlappingSync: false,
    // Its batches make a promise that nobody can catch when a commit fails; every append is a batch of its own anyway.
    eventTurnBatching: false,
    mapSize: addressBytes,
    maxDbs: 16,
    maxReaders: 512,
    ...binary,
  })
  return {
    root,
    heads: root.openDB<Buffer, Buffer>({ name: "heads", useVersions: true, ...binary }),
    entries: root.openDB<Buffer, Buffer>({ name: "entries", ...binary }),
    parts: root.openDB<Buffer, Buffer>({ name: "parts", ...binary }),
  }
}
