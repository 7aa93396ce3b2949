import { mkdirSync } from "node:fs"
import { open as openFile } from "node:fs/promises"
import { dirname, resolve } from "node:path"
import { MillraceError, messageOf } from "@millrace/ports"
import { type Database, open, type RootDatabase } from "lmdb"
import type { Store } from "../store.ts"
import { LmdbStore } from "./lmdb-store.ts"

export interface LmdbStoreOptions {
  /** Made when it is absent. Several processes may share it. */
  readonly folder: string
  /** The most that the folder may grow to, 256 GiB unless given; it is reserved address space, not disk. */
  readonly maxBytes?: number
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

const binary = { encoding: "binary", keyEncoding: "binary" } as const

/** Opens or makes the store in `folder`. Rejects with kind `storage`, naming the folder, where that cannot be. */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<Store> {
  const folder = resolve(options.folder)
  try {
    mkdirSync(folder, { recursive: true })
    const tables = openTables(folder, options.maxBytes ?? 256 * 2 ** 30)
    // New files are safe only once their folders are; after that LMDB's own flushes are enough.
    await flushFolder(folder)
    await flushFolder(dirname(folder))
    return new LmdbStore(tables, folder, options.partBytes ?? 65_536)
  } catch (cause) {
    throw new MillraceError(
      `The store in ${folder} cannot be opened (${messageOf(cause)}); check that the folder is writable and the disk has room.`,
      { kind: "storage", cause },
    )
  }
}

function openTables(folder: string, maxBytes: number): Tables {
  const root = open<Buffer, Buffer>({
    path: folder,
    // With overlapping sync a commit resolves before its flush; without, a commit is a flushed commit.
    overlappingSync: false,
    mapSize: maxBytes,
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

async function flushFolder(folder: string): Promise<void> {
  const handle = await openFile(folder, "r")
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
