import { openLmdbStore } from "../../src/lmdb/index.ts"
import { payloadFor, streamNames } from "./expected.ts"
import { openWithoutFlush } from "./open-without-flush.ts"

/**
 * Appends without end to several streams at once and prints `acked STREAM SEQ` for each append that resolved.
 *
 * Arguments: folder; `flushed` for the product's store, `committed` for one whose appends resolve before their flush.
 */
const [folder = "", mode = "flushed"] = process.argv.slice(2)
const store = mode === "flushed" ? await openLmdbStore({ folder }) : await openWithoutFlush(folder)
process.stdout.write("ready\n")
await Promise.all(streamNames.map((stream) => appendForEver(stream)))

async function appendForEver(stream: string): Promise<void> {
  for (let seq = (await store.head(stream)) + 1; ; seq++) {
    const entry = { payload: payloadFor(stream, seq), generation: 1, author: stream, timeMs: seq }
    process.stdout.write(`acked ${stream} ${await store.append(stream, [entry], seq - 1)}\n`)
  }
}
