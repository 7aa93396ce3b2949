import * as Y from "yjs"
import { type Collection, defineSchema, openRecords, type Records, value } from "../../src/index.ts"
import { tickingClock, Seeded } from "./seeded.ts"
import { anyValue } from "./subject.ts"

export const looseSchema = defineSchema({
  version: 1,
  collections: {
    things: {
      fields: {
        f: value(anyValue, { optional: true }),
        g: value(anyValue, { optional: true }),
        h: value(anyValue, { optional: true }),
      },
    },
  },
})

export interface Replica {
  readonly doc: Y.Doc
  readonly records: Records<typeof looseSchema>
  readonly things: Collection
  /** The entries of the collection, as any other client reads them. */
  readonly entries: () => readonly string[]
}

const clock = tickingClock()

/** A document of its own with a fixed client id; ids below 65,536 write back from targets. */
export function replica(client: number, schema: typeof looseSchema = looseSchema): Replica {
  const doc = new Y.Doc()
  doc.clientID = client
  const records = openRecords(doc, schema, { clock, random: new Seeded(client) })
  const things = records.collection("things") as unknown as Collection
  return { doc, records, things, entries: () => doc.getArray<string>("things").toArray() }
}

/** Gives `to` what `from` has. */
export function send(from: Replica, to: Replica): void {
  Y.applyUpdate(to.doc, Y.encodeStateAsUpdate(from.doc, Y.encodeStateVector(to.doc)), "network")
}

/** Gives everybody what anybody has. */
export function exchange(...replicas: readonly Replica[]): void {
  for (let round = 0; round < 2; round++) {
    for (const from of replicas) for (const to of replicas) if (from !== to) send(from, to)
  }
}

/** A document that was given exactly these elements, each from a client of its own choosing. */
export function docOf(elements: readonly (readonly [client: number, element: unknown])[], root = "things"): Y.Doc {
  const merged = new Y.Doc()
  elements.forEach(([client, element]) => {
    const doc = new Y.Doc()
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(merged), "network")
    doc.clientID = client
    doc.getArray(root).push([element])
    Y.applyUpdate(merged, Y.encodeStateAsUpdate(doc), "network")
  })
  return merged
}
