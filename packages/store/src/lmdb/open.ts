import { dirname, resolve } from "node:path"
import { type Clock, MillraceError, messageOf, systemClock } from "@millrace/ports"
import { type Database, open, type RootDatabase, type RootDatabaseOptions } from "lmdb"
import type { Store } from "../store.ts"
import type { StoreStep } from "./driver.ts"
import { checkFolder, flushFolder, makeFolder } from "./folder.ts"
import { LmdbStore } from "./lmdb-store.ts"

export interface LmdbStoreOptions {
  /** Made when it is absent. Several processes may share it. */
  readonly folder: string
  /** Largest piece in which a payload is stored, 64 KiB unless given. */
  readonly partBytes?: number
  /** By which leases run out; the machine's unless given. */
  readonly clock?: Clock
  /** Called at the driver's own steps; what it throws fails the call. For tests that end the process there. */
  readonly onStep?: (step: StoreStep) => void
}

/** The tables of a folder. The last four are younger than the first three; an older folder gets them when it is opened. */
export interface Tables {
  readonly root: RootDatabase<Buffer, Buffer>
  /** Stream name to nothing; the row's version is the stream's last seq. */
  readonly heads: Database<Buffer, Buffer>
  readonly entries: Database<Buffer, Buffer>
  readonly parts: Database<Buffer, Buffer>
  /** Stream name to the snapshot's row; the version counts the stream's snapshots. */
  readonly snapshots: Database<Buffer, Buffer>
  readonly snapshotParts: Database<Buffer, Buffer>
  /** Stream name to nothing; the version is the seq up to which payloads are gone. */
  readonly trims: Database<Buffer, Buffer>
  /** Lease name to who has it; the version is the token. */
  readonly leases: Database<Buffer, Buffer>
}

/** Of the whole folder, in its table `meta`; an absent one is 1. Rows carry formats of their own. */
const folderFormat = 1
const formatKey = Buffer.from("format")

/** Address space reserved at first, not disk; beyond it the driver maps anew by itself. */
const addressBytes = 64 * 2 ** 30
const binary = { encoding: "binary", keyEncoding: "binary" } as const

/** Opens or makes the store in `folder`. Rejects with kind `storage`, naming the folder, where that cannot be. */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<Store> {
  const folder = resolve(options.folder)
  try {
    const made = makeFolder(folder)
    await checkFolder(folder)
    const tables = await openTables(folder)
    // Once the new files' names are safe, LMDB's own flushes are enough.
    for (const changed of [folder, ...made.map((one) => dirname(one))]) await flushFolder(changed)
    const { partBytes = 65_536, clock = systemClock, onStep = () => {} } = options
    return new LmdbStore({ tables, folder, partBytes, clock, onStep })
  } catch (cause) {
    if (cause instanceof MillraceError && cause.kind === "unsupported") throw cause
    throw new MillraceError(
      `The store in ${folder} cannot be opened (${messageOf(cause)}); check that the folder is writable and the disk has room.`,
      { kind: "storage", cause },
    )
  }
}

/** Makes the tables that are absent. Throws kind `unsupported` for a folder of a later build. */
export async function openTables(folder: string, more: Partial<RootDatabaseOptions> = {}): Promise<Tables> {
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
    ...more,
  })
  const meta = root.openDB<Buffer, Buffer>({ name: "meta", ...binary })
  const format = meta.get(formatKey)?.readUInt32BE(0) ?? folderFormat
  if (format > folderFormat) {
    await root.close()
    throw new MillraceError(`The store in ${folder} was written by a later version; start that version.`, {
      kind: "unsupported",
    })
  }
  return {
    root,
    heads: root.openDB<Buffer, Buffer>({ name: "heads", useVersions: true, ...binary }),
    entries: root.openDB<Buffer, Buffer>({ name: "entries", ...binary }),
    parts: root.openDB<Buffer, Buffer>({ name: "parts", ...binary }),
    snapshots: root.openDB<Buffer, Buffer>({ name: "snapshots", useVersions: true, ...binary }),
    snapshotParts: root.openDB<Buffer, Buffer>({ name: "snapshot-parts", ...binary }),
    trims: root.openDB<Buffer, Buffer>({ name: "trims", useVersions: true, ...binary }),
    leases: root.openDB<Buffer, Buffer>({ name: "leases", useVersions: true, ...binary }),
  }
}
