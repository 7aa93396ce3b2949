import * as Y from "yjs"
import { defineSchema, list, localOrigin, map, openRecords, ref, set, text, value } from "../../src/index.ts"
import { Seeded, tickingClock } from "./seeded.ts"
import { anyValue } from "./subject.ts"

/** A collection with a field of every kind, and one that it refers to. */
export const kindsSchema = defineSchema({
  version: 1,
  collections: {
    tasks: {
      fields: {
        title: value(anyValue, { optional: true }),
        tags: set(anyValue, { optional: true }),
        props: map(anyValue, { optional: true }),
        steps: list(anyValue, { optional: true }),
        notes: text({ optional: true }),
        parent: ref("tasks", { onDelete: "cascade", optional: true }),
        gate: ref("gates", { onDelete: "restrict", optional: true }),
      },
      indexes: {
        byTitle: { on: "title" },
        byTag: { on: "tags", multiEntry: true },
        byParentAndTitle: { on: ["parent", "title"], unique: true },
      },
    },
    gates: { fields: { name: value(anyValue, { optional: true }) } },
  },
})

const clock = tickingClock()

// The type is long and says what the schema says.
// oxlint-disable-next-line typescript/explicit-function-return-type
export function kinds(client: number, doc: Y.Doc = new Y.Doc()) {
  doc.clientID = client
  const records = openRecords(doc, kindsSchema, { clock, random: new Seeded(client) })
  return {
    doc,
    records,
    tasks: records.collection("tasks"),
    gates: records.collection("gates"),
    /** The entries of the tasks, as any other client reads them. */
    entries: () => doc.getArray<string>("tasks").toArray(),
    /** Types into a text as an editor does, by a transaction with an origin. */
    type: (id: string, at: number, typed: string, gone = 0) => {
      const notes = records.collection("tasks").text(id, "notes")
      doc.transact(() => {
        if (gone > 0) notes.delete(at, gone)
        if (typed !== "") notes.insert(at, typed)
      }, localOrigin)
      return notes
    },
  }
}

export type KindsReplica = ReturnType<typeof kinds>

export function sendTo(from: { readonly doc: Y.Doc }, to: { readonly doc: Y.Doc }): void {
  Y.applyUpdate(to.doc, Y.encodeStateAsUpdate(from.doc, Y.encodeStateVector(to.doc)), "network")
}

/** Gives everybody what anybody has. */
export function mix(...replicas: readonly { readonly doc: Y.Doc }[]): void {
  for (let round = 0; round < 2; round++) {
    for (const from of replicas) for (const to of replicas) if (from !== to) sendTo(from, to)
  }
}
