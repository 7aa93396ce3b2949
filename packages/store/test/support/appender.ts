import { open } from "lmdb"
import { LmdbStore } from "../../src/lmdb/lmdb-store.ts"
import { openLmdbStore } from "../../src/lmdb/index.ts"
import type { Store } from "../../src/index.ts"
import { payloadFor, streamNames } from "./expected.ts"

/**
 * Appends without end to several streams at once and prints `acked STREAM SEQ` for each append that resolved.
 *
 * Arguments: folder; `flushed` for the product's store, `committed` for one whose appends resolve before their flush.
 */
const [folder = "", mode = "flushed"] = process.argv.slice(2)
const store = mode === "flushed" ? await openLmdbStore({ folder }) : openWithoutFlush(folder)
process.stdout.write("ready\n")
await Promise.all(streamNames.map((stream) => appendForEver(stream)))

async function appendForEver(stream: string): Promise<void> {
  for (let seq = (await store.head(stream)) + 1; ; seq++) {
    const entry = { payload: payloadFor(stream, seq), generation: 1, author: stream, timeMs: seq }
    process.stdout.write(`acked ${stream} ${await store.append(stream, [entry], seq - 1)}\n`)
  }
}

/** The fault that a test of durability must find: what the driver calls done is only in the page cache. */
function openWithoutFlush(path: string): Store {
  const binary = { encoding: "binary", keyEncoding: "binary" } as const
  const root = open<Buffer, Buffer>({ path, noSync: true, mapSize: 2 ** 30, eventTurnBatching: false, ...binary })
  const heads = root.openDB<Buffer, Buffer>({ name: "heads", useVersions: true, ...binary })
  const entries = root.openDB<Buffer, Buffer>({ name: "entries", ...binary })
  const parts = root.openDB<Buffer, Buffer>({ name: "parts", ...binary })
  return new LmdbStore({ root, heads, entries, parts }, path, 65_536)
}
