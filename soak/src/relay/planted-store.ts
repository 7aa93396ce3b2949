import type { NewEntry, Store } from "@millrace/store"
import * as Y from "yjs"
import { markedDocument } from "./marks.ts"

/**
 * Faults that the checker must find.
 *
 * - `early-ack` acknowledges before it appends
 * - `commit-ack` acknowledges what is committed and not flushed
 * - `drop` forgets one entry in three
 * - `duplicate` writes a piece of text a second time
 */
export type PlantName = "early-ack" | "commit-ack" | "drop" | "duplicate"

type Append = Store["append"]

/** How long the early one takes to do what it has promised. */
const lateMs = 400
const dropEvery = 3
const duplicateEvery = 2

/** The store with its `append` replaced; all else is the store's own. */
export function plantIn(store: Store, plant: PlantName): Store {
  const append = appends[plant](store)
  return new Proxy(store, {
    get(target, name) {
      if (name === "append") return append
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === "function" ? value.bind(target) : value
    },
  })
}

const appends: Readonly<Record<PlantName, (store: Store) => Append>> = {
  // Its fault is in the driver's flush, which the process took away.
  "commit-ack": (store) => (stream, entries, expectedSeq) => store.append(stream, entries, expectedSeq),
  "early-ack": (store) => (stream, entries, expectedSeq) => {
    setTimeout(() => void store.append(stream, entries, expectedSeq).catch(() => {}), lateMs)
    return Promise.resolve((expectedSeq ?? 0) + entries.length)
  },
  drop: (store) => {
    let count = 0
    return async (stream, entries, expectedSeq) => {
      const kept = entries.filter(() => ++count % dropEvery !== 0)
      return kept.length === 0 ? (expectedSeq ?? 0) : store.append(stream, kept, expectedSeq)
    }
  },
  duplicate: (store) => {
    const docs = new Map<string, Y.Doc>()
    let count = 0
    return async (stream, entries, expectedSeq) => {
      const doc = docs.get(stream) ?? new Y.Doc()
      docs.set(stream, doc)
      for (const { payload } of entries) Y.applyUpdate(doc, payload, "relay")
      const again = ++count % duplicateEvery === 0 ? repeatLastWord(doc, entries[0]) : undefined
      return store.append(stream, again === undefined ? entries : [...entries, again], expectedSeq)
    }
  },
}

/** As a server does that cuts client ids to 32 bits: a word of somebody's text comes again under another id. */
function repeatLastWord(doc: Y.Doc, like: NewEntry | undefined): NewEntry | undefined {
  const { text } = markedDocument(doc)
  const word = text.toJSON().trim().split(" ").at(-1)
  if (like === undefined || word === undefined || word === "") return undefined
  const before = Y.encodeStateVector(doc)
  text.insert(text.length, `${word} `)
  return { ...like, payload: Y.encodeStateAsUpdate(doc, before) }
}
