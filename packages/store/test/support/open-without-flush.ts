import { mkdirSync } from "node:fs"
import { systemClock } from "@millrace/ports"
import type { Store } from "../../src/index.ts"
import { LmdbStore } from "../../src/lmdb/lmdb-store.ts"
import { openTables } from "../../src/lmdb/open.ts"

/** The fault that a test of durability must find: what the driver calls done is only in the page cache. */
export async function openWithoutFlush(path: string): Promise<Store> {
  mkdirSync(path, { recursive: true })
  const tables = await openTables(path, { noSync: true, mapSize: 2 ** 30 })
  return new LmdbStore({ tables, folder: path, partBytes: 65_536, clock: systemClock, onStep: () => {} })
}
