import { readFileSync } from "node:fs"
import * as Y from "yjs"
import { type LayoutName, layouts } from "./layouts.ts"
import { editedValue, idAt, recordAt } from "./rows.ts"
import { median, percentile } from "../stats.ts"

export type Figures = Readonly<Record<string, number>>

/** Loads an update as an application does, its index included, and edits it; heap is what stays, load what it took. */
export function measureLoad(file: string, name: LayoutName, records: number): Figures {
  // The bytes lie outside of the heap; what decodes them first is compiled on another document.
  const update = new Uint8Array(readFileSync(file))
  warmUp(name)
  const before = heapMb()
  const start = performance.now()
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update, "disk")
  const layout = layouts[name](doc)
  const loadMs = performance.now() - start
  const heap = heapMb() - before
  if (layout.size !== records) throw new Error(`${file} has ${layout.size} records, not ${records}.`)
  return { loadMs, heapMb: heap, stateMb: update.length / 1_000_000, ...measureEdits(doc, name, layout, records) }
}

/** A thousand edits of one field, each its own transaction. */
function measureEdits(
  doc: Y.Doc,
  name: LayoutName,
  layout: ReturnType<(typeof layouts)[LayoutName]>,
  records: number,
): Figures {
  const bytes: number[] = []
  const times: number[] = []
  doc.on("update", (update: Uint8Array) => void bytes.push(update.length))
  for (let edit = 0; edit < 1_000; edit++) {
    const at = (edit * 7_919) % records
    const start = performance.now()
    layout.edit(idAt(at), "location", `hdfs://namenode:8020/moved/${edit}`)
    times.push(performance.now() - start)
  }
  const last = layout.read(idAt((999 * 7_919) % records)) as { readonly location?: string }
  if (last.location !== "hdfs://namenode:8020/moved/999") throw new Error(`${name} lost an edit.`)
  return { editUs: median(times) * 1_000, editBytes: median(bytes) }
}

/** From a change in one of many records until a result of ten says so. */
export function measureQuery(file: string, name: LayoutName, records: number): Figures {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, new Uint8Array(readFileSync(file)), "disk")
  const layout = layouts[name](doc)
  let heard = 0
  layout.follow((ids) => (heard += ids.length))
  const times: number[] = []
  const edits = name === "millrace" ? 500 : 20
  for (let edit = 0; edit < edits; edit++) {
    const at = 7 + (edit % 10) * 50
    const before = heard
    const start = performance.now()
    layout.edit(idAt(at), "comment", `changed ${edit}`)
    times.push(performance.now() - start)
    if (heard === before) throw new Error(`${name} told nothing of ${records} records.`)
  }
  return { queryUs: median(times) * 1_000, queryP99Us: percentile(times, 0.99) * 1_000 }
}

/** A thousand documents of a hundred records, all opened and kept. */
export function measureSmall(name: LayoutName, workspaces: number, records: number): Figures {
  const source = new Y.Doc()
  const layout = layouts[name](source)
  source.transact(() => {
    for (let at = 0; at < records; at++) layout.create(idAt(at), recordAt(at))
  })
  const update = Y.encodeStateAsUpdate(source)
  warmUp(name)
  const before = heapMb()
  const start = performance.now()
  const open = Array.from({ length: workspaces }, () => {
    const doc = new Y.Doc()
    Y.applyUpdate(doc, update, "disk")
    return layouts[name](doc)
  })
  const openMs = performance.now() - start
  const heap = heapMb() - before
  if (open.some(({ size }) => size !== records)) throw new Error(`${name} did not open all.`)
  return { smallMs: openMs, smallHeapMb: heap }
}

function warmUp(name: LayoutName): void {
  const doc = new Y.Doc()
  const layout = layouts[name](doc)
  for (let at = 0; at < 2_000; at++) {
    layout.create(idAt(at), recordAt(at))
    layout.edit(idAt(at), "position", editedValue("position", at, 1))
  }
  const copy = new Y.Doc()
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc), "disk")
  layouts[name](copy)
}

/** What lives on the heap. Node.js must run with `--expose-gc`. */
function heapMb(): number {
  const { gc } = globalThis as { readonly gc?: () => void }
  if (gc === undefined) throw new Error("Run Node.js with --expose-gc.")
  for (let turn = 0; turn < 4; turn++) gc()
  return process.memoryUsage().heapUsed / 1_048_576
}
