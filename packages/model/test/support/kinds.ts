import * as Y from "yjs"
import { defineSchema, list, map, openRecords, ref, type Records, set, text, value } from "../../src/index.ts"
import { Seeded, tickingClock } from "./seeded.ts"
import { anyValue } from "./subject.ts"

/** A collection with a field of every kind, and one that refers to it. */
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

export type Kinds = Records<typeof kindsSchema>

const clock = tickingClock()

export function kinds(client: number) {
  const doc = new Y.Doc()
  doc.clientID = client
  const records = openRecords(doc, kindsSchema, { clock, random: new Seeded(client) })
  return { doc, records, tasks: records.collection("tasks"), gates: records.collection("gates") }
}
