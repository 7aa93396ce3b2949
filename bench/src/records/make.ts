import { writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Y from "yjs"
import { type Layout, type LayoutName, layouts } from "./layouts.ts"
import { editedValue, fieldNames, idAt, recordAt, shuffledEdits } from "./rows.ts"

export type Way = "imported" | "one-by-one"

const importedPerTransaction = 5_000
const authors = 50
const editors = 20
const editsPerSession = 25

/**
 * Makes a workspace's document in one layout and writes it as an update, `<layout>-<way>-<stage>.bin`.
 *
 * Imported: one client, 5,000 records a transaction. One by one: a transaction a record, 50 clients by turns. Then the edits of all fields in
 * random order, each a transaction, by 20 clients in sessions of 25, told after a quarter and after all.
 */
export function make(folder: string, name: LayoutName, way: Way, records: number, edited: boolean): void {
  const doc = new Y.Doc()
  const layout = layouts[name](doc)
  const keep = (stage: string): void =>
    writeFileSync(join(folder, `${name}-${way}-${stage}.bin`), Y.encodeStateAsUpdate(doc))
  if (way === "imported") importAll(doc, layout, records)
  else writeOneByOne(doc, layout, records)
  keep("fresh")
  if (!edited) return
  const edits = shuffledEdits(records)
  edits.forEach((edit, done) => {
    if (done === Math.floor(edits.length / 4)) keep("quarter")
    if (done % editsPerSession === 0) doc.clientID = 200_000 + ((done / editsPerSession) % editors)
    const field = fieldNames[edit % fieldNames.length] ?? "name"
    const at = Math.floor(edit / fieldNames.length)
    layout.edit(idAt(at), field, editedValue(field, at, done))
  })
  keep("all")
}

function importAll(doc: Y.Doc, layout: Layout, records: number): void {
  for (let at = 0; at < records; at += importedPerTransaction) {
    doc.transact(() => {
      for (let each = at; each < Math.min(records, at + importedPerTransaction); each++)
        layout.create(idAt(each), recordAt(each))
    })
  }
}

function writeOneByOne(doc: Y.Doc, layout: Layout, records: number): void {
  for (let at = 0; at < records; at++) {
    doc.clientID = 100_000 + (at % authors)
    layout.create(idAt(at), recordAt(at))
  }
}
