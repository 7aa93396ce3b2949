import type { Clock, Random } from "@millrace/ports"
import type * as Y from "yjs"
import { defineSchema, exportText, openRecords, type RecordChange, value } from "../../src/index.ts"
import type { View } from "./reference.ts"

/** A way to keep records in a document: ours, or one with a planted fault. */
export interface Subject {
  create(id: string, fields: Readonly<Record<string, string>>): void
  write(id: string, field: string, value: string | undefined): void
  delete(id: string): void
  view(id: string): View
  /** Everything that replicas must agree on. */
  fingerprint(): string
  /** Differences between what change events told and what is there. */
  eventFaults(): readonly string[]
  close(): void
}

export type OpenSubject = (doc: Y.Doc, clock: Clock, random: Random) => Subject

export const anyValue = {
  "~standard": { version: 1 as const, vendor: "test", validate: (input: unknown) => ({ value: input as string }) },
}

const schema = defineSchema({
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

/** The package itself. */
export const realSubject: OpenSubject = (doc, clock, random) => {
  const records = openRecords(doc, schema, { clock, random })
  const things = records.collection("things")
  const told = new Map([...things.all()].map(([id]) => [id, things.canonical(id)]))
  const wrong: string[] = []
  const tell = ({ id, op, before, after }: RecordChange): void => {
    const known = told.get(id)
    if ((known === undefined) !== (op === "add")) wrong.push(`${op} of ${id}, which was ${known ?? "not there"}`)
    if ((before === undefined ? undefined : textOf(before)) !== known) wrong.push(`before of ${id} was not ${known}`)
    if (after === undefined) told.delete(id)
    else told.set(id, textOf(after))
    if ((op === "delete") !== (after === undefined)) wrong.push(`${op} of ${id} with after`)
  }
  records.onChange((changes) => changes.forEach(tell))
  return {
    create: (id, fields) => void things.put(id, fields),
    write: (id, field, text) => void things.update(id, { [field]: text }),
    delete: (id) => void things.delete(id),
    view: (id) => {
      const record = things.get(id)
      const concurrent = things.concurrent(id)
      return {
        record: record === undefined ? undefined : new Map(Object.entries(record as Record<string, string>)),
        concurrent: new Map(
          concurrent.map(({ field, candidates }) => [field, candidates.map(({ value: text }) => text as string)]),
        ),
        afterDelete: things.editsAfterDelete(id).map((edit) => ({ field: edit.field, value: edit.value as string })),
      }
    },
    fingerprint: () =>
      JSON.stringify([
        exportText(records),
        [...things.ids()].sort().map((id) => things.concurrent(id)),
        ["r0", "r1", "r2"].map((id) => things.editsAfterDelete(id)),
        records.unreadable.length,
      ]),
    eventFaults: () => {
      const now = new Map([...things.all()].map(([id]) => [id, things.canonical(id)]))
      const same = now.size === told.size && [...now].every(([id, text]) => told.get(id) === text)
      return same ? wrong : [...wrong, "the events do not add up to the records"]
    },
    close: () => records.destroy(),
  }
}

function textOf(record: object): string {
  const sorted = Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify(Object.fromEntries(sorted))
}

/** For writes that the types forbid and a program in JavaScript may try all the same. */
export function unchecked<T>(input: unknown): T {
  return input as T
}
