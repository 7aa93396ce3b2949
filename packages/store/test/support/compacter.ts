import { openLmdbStore } from "../../src/lmdb/index.ts"
import { openWithoutFlush } from "./open-without-flush.ts"
import { payloadFor, snapshotFor } from "./expected.ts"

/**
 * Appends to one stream, makes snapshots of it and trims it, without end, and prints each step that resolved: `acked STREAM SEQ`,
 * `snapshot SEQ`, `trimmed SEQ`.
 *
 * Arguments: folder; `flushed` or `committed`; the number of the driver's step at which the process ends itself, 0 for never.
 */
const [folder = "", mode = "flushed", end = "0"] = process.argv.slice(2)
const stream = "log/a@1"
const endsAt = Number(end)
let steps = 0
const onStep = (): void => {
  steps += 1
  if (steps === endsAt) process.kill(process.pid, "SIGKILL")
}
const partBytes = 4096
const store = mode === "flushed" ? await openLmdbStore({ folder, partBytes, onStep }) : await openWithoutFlush(folder)
process.stdout.write("ready\n")
void appendForEver()
await compactForEver()

async function appendForEver(): Promise<void> {
  for (let seq = (await store.head(stream)) + 1; ; seq++) {
    const entry = { payload: payloadFor(stream, seq), generation: 1, author: stream, timeMs: seq }
    process.stdout.write(`acked ${stream} ${await store.append(stream, [entry], seq - 1)}\n`)
  }
}

async function compactForEver(): Promise<void> {
  for (;;) {
    const seq = await store.head(stream)
    if (seq < 1 || seq === (await store.readSnapshot(stream))?.seq) {
      await new Promise((resolve) => void setImmediate(resolve))
      continue
    }
    await store.snapshot(stream, seq, snapshotFor(seq))
    process.stdout.write(`snapshot ${seq}\n`)
    process.stdout.write(`trimmed ${await store.trim(stream, seq - (seq % 3))}\n`)
  }
}
