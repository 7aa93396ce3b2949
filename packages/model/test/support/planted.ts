import * as Y from "yjs"
import { classOfClient } from "../../src/index.ts"
import { type EditEntry, encodeEdit, type Entry, readEntry } from "../../src/entry.ts"
import type { View } from "./reference.ts"
import { type OpenSubject, realSubject, type Subject } from "./subject.ts"

/** Records as nested Y.Maps, the usual way: of two concurrent writes Yjs keeps one and forgets the other. */
export const nestedMaps: OpenSubject = (doc) => {
  const root = doc.getMap<Y.Map<unknown>>("things")
  const viewOf = (id: string): View => {
    const record = root.get(id)
    return {
      record: record === undefined ? undefined : new Map(record.entries() as Iterable<[string, string]>),
      concurrent: new Map(),
      afterDelete: [],
    }
  }
  return {
    create: (id, fields) => void root.set(id, new Y.Map(Object.entries(fields))),
    write: (id, field, text) => {
      if (text === undefined) root.get(id)?.delete(field)
      else root.get(id)?.set(field, text)
    },
    delete: (id) => root.delete(id),
    view: viewOf,
    fingerprint: () => JSON.stringify(Object.entries(root.toJSON()).sort(([a], [b]) => (a < b ? -1 : 1))),
    eventFaults: () => [],
    close: () => {},
  }
}

/** Whoever receives a delete clears away what is left of the record: that deletes what the delete had not seen. */
export const clearingUp: OpenSubject = (doc, clock, random) => {
  const real = realSubject(doc, clock, random)
  doc.on("afterAllTransactions", () => {
    for (const id of ["r0", "r1", "r2"]) {
      const { record } = real.view(id)
      if (record !== undefined) continue
      const bag = doc.getArray<string>("things")
      for (let at = bag.length - 1; at >= 0; at--) if (readEntry(bag.get(at)).id === id) bag.delete(at)
    }
  })
  return real
}

/** A write that leaves what it supersedes where it is. */
export const neverSuperseding: OpenSubject = (doc, clock, random) => ({
  ...realSubject(doc, clock, random),
  write: (id, field, text) => {
    const entries = entriesOf(doc, id)
    const tags = entries.flatMap(({ entry }) => (entry.kind === "create" ? [entry.nonce] : []))
    const stamp = 1 + Math.max(0, ...entries.map(({ entry }) => (entry.kind === "edit" ? entry.stamp : 0)))
    const edit = encodeEdit({ id, tags, stamp, field, element: null, part: "value", value: text })
    doc.getArray<string>("things").push([edit])
  },
})

/** A fold that takes an edit whatever creation it was made to. */
export const ignoringTags: OpenSubject = (doc, clock, random) =>
  withFold(doc, realSubject(doc, clock, random), { tags: false, classes: true })

/** A fold in which a write-back can beat a person. */
export const ignoringClasses: OpenSubject = (doc, clock, random) =>
  withFold(doc, realSubject(doc, clock, random), { tags: true, classes: false })

interface Respect {
  readonly tags: boolean
  readonly classes: boolean
}

function withFold(doc: Y.Doc, real: Subject, respect: Respect): Subject {
  const view = (id: string): View => {
    const { record, concurrent, afterDelete } = real.view(id)
    if (record === undefined) return { record, concurrent, afterDelete }
    const entries = entriesOf(doc, id)
    const living = entries.flatMap(({ entry }) => (entry.kind === "create" ? [entry.nonce] : []))
    const edits = entries.flatMap(({ entry, client }) => (entry.kind === "edit" ? [{ entry, client }] : []))
    const shown = new Map(record)
    const counted = edits.filter(({ entry }) => !respect.tags || entry.tags.some((tag) => living.includes(tag)))
    for (const { entry } of counted.sort((a, b) => order(a, b, respect))) {
      if (entry.value === undefined) shown.delete(entry.field)
      else shown.set(entry.field, entry.value as string)
    }
    return { record: shown, concurrent, afterDelete }
  }
  return { ...real, view }
}

interface Edit {
  readonly entry: EditEntry
  readonly client: number
}

function order(a: Edit, b: Edit, { classes }: Respect): number {
  const byClass = classes ? classOfClient(a.client) - classOfClient(b.client) : 0
  return byClass || a.entry.stamp - b.entry.stamp || a.client - b.client
}

function entriesOf(doc: Y.Doc, id: string): readonly { readonly entry: Entry; readonly client: number }[] {
  const found: { entry: Entry; client: number }[] = []
  for (let item = doc.getArray<string>("things")._start; item !== null; item = item.right) {
    if (item.deleted || !(item.content instanceof Y.ContentAny)) continue
    for (const text of item.content.arr as readonly string[]) {
      const entry = readEntry(text)
      if (entry.id === id) found.push({ entry, client: item.id.client })
    }
  }
  return found
}
