import { join } from "node:path"
import { systemClock } from "@millrace/ports"
import { type CompactionOutcome, startRelay } from "@millrace/relay"
import { createVerifier } from "@millrace/relay/access"
import { openLmdbStore } from "@millrace/store/lmdb"
import { atEndOfTests, tempDir, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { editor, jsonFiles, keyOf, statusOf, worker } from "./support.ts"

const dataset = { database: "db", name: "t", external: false }

interface FileContent {
  readonly id: string
  readonly version: number
  readonly author: string
  readonly fields: unknown
}

test("R411 a worker that restarts after its position was compacted goes on: each record's versions without a gap, the status caught up", async () => {
  const data = tempDir("compacted")
  const store = await openLmdbStore({ folder: join(data, "relay") })
  const relay = await startRelay({
    store,
    verifier: createVerifier([await keyOf(data)], systemClock),
    listen: { host: "127.0.0.1", port: 0 },
    compaction: { keepEntries: 0 },
  })
  atEndOfTests(async () => {
    await relay.close()
    await store.close()
  })
  const url = `http://127.0.0.1:${relay.port}`
  const compact = (status: boolean): Promise<CompactionOutcome> =>
    relay.compact({ name: "shop", status, generation: 1 })
  const ann = await editor(url, data, "shop")
  const datasets = ann.records.collection("datasets")
  const status = await statusOf(url, data, "shop")
  const shown = async (seq: number): Promise<void> => {
    const mark = (): number => status.getMap<{ readonly seq: number }>("watermarks").get("files/files")?.seq ?? 0
    await waitFor(() => mark() === seq, { what: `the watermark ${seq}` })
  }
  const files = (): readonly FileContent[] => [...jsonFiles(join(data, "files")).values()] as readonly FileContent[]
  datasets.put("db.a", dataset)
  datasets.put("db.b", dataset)
  let process = await worker(["--relay", url, "--data", data])
  await shown(await ann.raw.flushed())
  await process.kill("SIGTERM")
  for (const name of ["u", "v", "w"]) {
    datasets.put("db.a", { ...dataset, name })
    await ann.raw.flushed()
  }
  datasets.delete("db.b")
  datasets.put("db.c", dataset)
  const seq = await ann.raw.flushed()
  expect(await compact(false)).toMatchObject({ type: "compacted", seq })
  expect(await compact(true)).toMatchObject({ type: "compacted" })
  expect(await store.trimmed("log/shop@1")).toBe(seq)

  process = await worker(["--relay", url, "--data", data])
  await shown(seq)
  const byId = new Map(files().map((one) => [one.id, one]))
  expect(byId.get("db.a")).toMatchObject({ version: 2, author: "ann", fields: { ...dataset, name: "w" } })
  expect(byId.get("db.b")).toMatchObject({ version: 2, author: "ann", fields: null })
  expect(byId.get("db.c")).toMatchObject({ version: 1, author: "ann", fields: dataset })
  // And on, while it follows: a compaction under it changes nothing.
  datasets.put("db.a", dataset)
  await shown(await ann.raw.flushed())
  expect(await compact(false)).toMatchObject({ type: "compacted" })
  datasets.put("db.a", { ...dataset, name: "x" })
  await shown(await ann.raw.flushed())
  expect(files().find(({ id }) => id === "db.a")).toMatchObject({ version: 4, fields: { ...dataset, name: "x" } })
  await process.kill("SIGTERM")
})
