import { type Clock, MillraceError, type Random } from "@millrace/ports"
import * as Y from "yjs"
import { canonicalJson } from "../canonical.ts"
import type { RecordChange } from "../change.ts"
import type { Orphan } from "../delete-rules.ts"
import { localOrigin } from "../origin.ts"
import { openRecords } from "../records.ts"
import { defineSchema, list, map, ref, set, text, value } from "../schema.ts"
import type { KindsView } from "./reference.ts"

/** Takes whatever it is given. */
const anyValue = {
  "~standard": { version: 1 as const, vendor: "millrace", validate: (input: unknown) => ({ value: input as string }) },
}

const fields = {
  title: value(anyValue, { optional: true }),
  tags: set(anyValue, { optional: true }),
  props: map(anyValue, { optional: true }),
  steps: list(anyValue, { optional: true }),
  notes: text({ optional: true }),
  parent: ref("tasks", { onDelete: "cascade", optional: true }),
  gate: ref("tasks", { onDelete: "restrict", optional: true }),
}

const older = defineSchema({ version: 1, collections: { tasks: { fields, indexes: { byTitle: { on: "title" } } } } })
const newer = defineSchema({
  version: 2,
  collections: {
    tasks: { fields: { ...fields, label: value(anyValue, { optional: true }) }, indexes: { byTitle: { on: "title" } } },
  },
  migrations: {
    1: {
      tasks: (record) =>
        record["label"] !== undefined || record["title"] === undefined
          ? record
          : { ...record, label: labelOf(record["title"] as string) },
    },
  },
})

export function labelOf(title: string): string {
  return `label of ${title}`
}

export interface Creation {
  readonly title?: string
  readonly tags?: readonly string[]
  readonly props?: Readonly<Record<string, string>>
  readonly steps?: readonly string[]
  readonly notes?: string
  readonly parent?: string
  readonly gate?: string
}

/** A way to keep records of every kind of field: ours, or one with a planted fault. */
export interface KindsSubject {
  create(id: string, record: Creation): void
  update(id: string, patch: Readonly<Record<string, unknown>>): boolean
  /** "restricted" where a record refers to it, or to what would go with it, in a way that restricts: nothing is then deleted. */
  delete(id: string): boolean | "restricted"
  add(id: string, tag: string): boolean
  drop(id: string, tag: string): boolean
  setKey(id: string, key: string, value: string): boolean
  dropKey(id: string, key: string): boolean
  insert(id: string, at: number, values: readonly string[]): boolean
  change(id: string, at: number, value: string): boolean
  move(id: string, from: number, to: number): boolean
  take(id: string, at: number): boolean
  /** Inserts, or deletes one character where `char` is undefined. */
  type(id: string, at: number, char: string | undefined): void
  settle(id: string, field: "title"): boolean
  discard(id: string): boolean
  undo(): boolean
  redo(): boolean
  keys(id: string): readonly string[]
  /** Nonces of the creations that this replica has, and the one whose text is typed into. */
  nonces(id: string): readonly string[]
  textNonce(id: string): string
  view(id: string): KindsView
  /** Everything that replicas must agree on. */
  fingerprint(): string
  /** The same in a new generation of the document. */
  freshFingerprint(): string
  /** What events, queries and migrations got wrong. */
  faults(): readonly string[]
  merge(update: Uint8Array): void
  close(): void
}

export type OpenKinds = (doc: Y.Doc, clock: Clock, random: Random, version: 1 | 2) => KindsSubject

const ids = ["r0", "r1", "r2"]

/** The package itself. */
export const realKinds: OpenKinds = (doc, clock, random, version) => {
  const records = openRecords(doc, (version === 1 ? older : newer) as typeof newer, { clock, random })
  const tasks = records.collection("tasks")
  const undo = records.undo({ mergeWithinMs: 0 })
  const query = tasks.query({ where: ({ title }) => title !== undefined, orderBy: "title", limit: 2 })
  let rows = query.rows
  query.subscribe(() => void (rows = query.rows))
  const told = new Map([...tasks.all()].map(([id]) => [id, tasks.canonical(id)]))
  const wrong: string[] = []
  const tell = ({ id, before, after }: RecordChange): void => {
    if ((before === undefined ? undefined : canonicalJson(before)) !== told.get(id)) wrong.push(`before of ${id}`)
    if (after === undefined) told.delete(id)
    else told.set(id, canonicalJson(after))
  }
  records.onChange((changes) => changes.forEach(tell))
  const printOf = (of: typeof records): string => {
    const each = of.collection("tasks")
    return canonicalJson([
      ids.map((id) => each.raw(id) ?? null),
      ids.map((id) =>
        each.concurrent(id).map(({ candidates, ...place }) => ({
          ...place,
          candidates: candidates.map((each) => canonicalJson(valueOf(each))).sort(),
        })),
      ),
      ids.map((id) =>
        each
          .editsAfterDelete(id)
          .map(({ field, element, part, value: given }) =>
            canonicalJson([field, element, part, valueOf({ value: given })]),
          )
          .sort(),
      ),
    ])
  }
  return {
    create: (id, record) => void tasks.put(id, record),
    update: (id, patch) => tasks.update(id, patch),
    delete: (id) => {
      try {
        return tasks.delete(id)
      } catch (thrown) {
        if (thrown instanceof MillraceError && thrown.kind === "conflict") return "restricted"
        throw thrown
      }
    },
    add: (id, tag) => tasks.set(id, "tags").add(tag),
    drop: (id, tag) => tasks.set(id, "tags").remove(tag),
    setKey: (id, key, text) => tasks.map(id, "props").set(key, text),
    dropKey: (id, key) => tasks.map(id, "props").remove(key),
    insert: (id, at, values) => tasks.list(id, "steps").insert(at, ...values),
    change: (id, at, text) => tasks.list(id, "steps").set(at, text),
    move: (id, from, to) => tasks.list(id, "steps").move(from, to),
    take: (id, at) => tasks.list(id, "steps").remove(at),
    type: (id, at, char) => {
      // Where the text begins with this, both are one step.
      doc.transact(() => {
        const typed = tasks.text(id, "notes")
        if (char === undefined) typed.delete(at, 1)
        else typed.insert(at, char)
      }, localOrigin)
    },
    settle: (id, field) => tasks.settle(id, field),
    discard: (id) => tasks.discardEditsAfterDelete(id),
    undo: () => undo.undo(),
    redo: () => undo.redo(),
    keys: (id) => tasks.list(id, "steps").keys(),
    nonces: (id) => noncesOf(doc, id),
    textNonce: (id) => {
      const key = tasks.text(id, "notes")._item?.parentSub ?? "[]"
      return (JSON.parse(key) as readonly string[])[2] ?? ""
    },
    view: (id) => ({
      record: tasks.raw(id),
      listKeys: tasks.list(id, "steps").keys(),
      concurrent: tasks.concurrent(id),
      afterDelete: tasks.editsAfterDelete(id),
    }),
    fingerprint: () => printOf(records),
    freshFingerprint: () => {
      const fresh = openRecords(records.freshGeneration(), newer, { clock, random })
      return printOf(fresh)
    },
    faults: () => {
      const found = [...wrong]
      if (![...tasks.all()].every(([id]) => told.get(id) === tasks.canonical(id)) || told.size !== tasks.size) {
        found.push("the events do not add up to the records")
      }
      const naive = [...tasks.all()]
        .filter(([, { title }]) => title !== undefined)
        .sort(([a, left], [b, right]) => compare(left.title, right.title) || compare(a, b))
        .slice(0, 2)
      if (canonicalJson(naive) !== canonicalJson(rows.map((row) => [row.id, row.record])))
        found.push("the query is behind")
      if (canonicalJson(records.orphans().map(orphanText).sort()) !== canonicalJson(danglingRefs(tasks).sort()))
        found.push("the orphans are not those who refer to nothing")
      for (const id of ids) {
        const [raw, record] = [tasks.raw(id), tasks.get(id)]
        const title = raw?.["title"] as string | undefined
        const wanted = raw?.["label"] ?? (version === 1 || title === undefined ? undefined : labelOf(title))
        if ((record as Readonly<Record<string, unknown>> | undefined)?.["label"] !== wanted) found.push("wrong label")
      }
      return found
    },
    merge: (update) => Y.applyUpdate(doc, update, "network"),
    close: () => records.destroy(),
  }
}

export function noncesOf(doc: Y.Doc, id: string): readonly string[] {
  return doc
    .getArray<string>("tasks")
    .toArray()
    .map((entry) => JSON.parse(entry) as readonly unknown[])
    .filter((entry) => entry[0] === id && entry.length === 3)
    .map((entry) => String(entry[1]))
}

function orphanText({ id, field, missing }: Orphan): string {
  return `${id}.${field} ${missing.id}`
}

function danglingRefs(tasks: { get(id: string): unknown; has(id: string): boolean }): string[] {
  return ids.flatMap((id) =>
    Object.entries((tasks.get(id) ?? {}) as Creation).flatMap(([field, to]) =>
      (field === "parent" || field === "gate") && !tasks.has(to as string) ? [`${id}.${field} ${to as string}`] : [],
    ),
  )
}

function valueOf({ value: given }: { readonly value: unknown }): unknown {
  return given === undefined ? { gone: true } : { given }
}

function compare(left: unknown, right: unknown): number {
  const [a, b] = [typeof left === "string" ? left : "", typeof right === "string" ? right : ""]
  return a < b ? -1 : a > b ? 1 : 0
}
