import { openWorkspace, type Workspace } from "@millrace/client"
import type { Schema } from "@millrace/model"
import * as Y from "yjs"
import { idAt, recordAt } from "../rows.ts"
import { benchSchema } from "../schema.ts"

const perTransaction = 5_000

function open(): Workspace<Schema> {
  // Nobody listens there: opening is the browser's work alone.
  return openWorkspace({ name: "bench", schema: benchSchema, url: "http://127.0.0.1:9", token: "none" })
}

/** What the benchmark calls in the page. */
const page = {
  async fill(records: number): Promise<void> {
    const workspace = open()
    await workspace.ready
    for (let from = 0; from < records; from += perTransaction) {
      await workspace.transact(() => {
        for (let at = from; at < Math.min(records, from + perTransaction); at++)
          workspace.collection("rows").put(idAt(at), recordAt(at))
      }).stored
    }
    await workspace.close()
  },
  /** Milliseconds from opening until the ten first of an index are there. */
  async openAndAsk(records: number): Promise<number> {
    const start = performance.now()
    const workspace = open()
    await workspace.ready
    const rows = workspace.records
      .collection<string>("rows")
      .query({ index: "byDatabase", range: { lower: ["database_7"], upper: ["database_7", []] }, limit: 10 }).rows
    const ms = performance.now() - start
    if (rows.length !== 10 || rows[0]?.id !== idAt(7)) throw new Error("The index does not say what it should.")
    const { size } = workspace.collection("rows")
    if (size !== records) throw new Error(`${size} records are there, not ${records}.`)
    await workspace.close()
    return ms
  },
  /** Milliseconds that Yjs takes to apply the same records as nested Y.Maps, from memory. */
  async applyNested(records: number): Promise<number> {
    const update = new Uint8Array(await (await globalThis.fetch("/nested.bin")).arrayBuffer())
    const start = performance.now()
    const doc = new Y.Doc()
    Y.applyUpdate(doc, update, "disk")
    const ms = performance.now() - start
    if (doc.getMap("rows").size !== records) throw new Error("The nested maps are not all there.")
    return ms
  },
}

export type BenchPage = typeof page

declare global {
  var benchPage: BenchPage
}

globalThis.benchPage = page
