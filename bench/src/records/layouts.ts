import { openRecords } from "@millrace/model"
import * as Y from "yjs"
import type { BenchRecord } from "./rows.ts"
import { benchSchema } from "./schema.ts"

export type LayoutName = "millrace" | "nested" | "whole"

/** Records on a Y.Doc in one of the ways that are compared. */
export interface Layout {
  create(id: string, record: BenchRecord): void
  edit(id: string, field: string, value: unknown): void
  read(id: string): unknown
  readonly size: number
  /** Calls back after each change of the ten records with the lowest `position` whose `database` is `database_7`. */
  follow(changed: (ids: readonly string[]) => void): void
}

const wanted = "database_7"
const limit = 10

/** Ours, with its index; nested Y.Maps, the usual way; and one value a record. */
export const layouts: Readonly<Record<LayoutName, (doc: Y.Doc) => Layout>> = {
  millrace: (doc) => {
    const rows = openRecords(doc, benchSchema).collection("rows")
    return {
      create: (id, record) => void rows.put(id, record),
      edit: (id, field, to) => void rows.update(id, { [field]: to }),
      read: (id) => rows.get(id),
      get size() {
        return rows.size
      },
      follow: (changed) => {
        const query = rows.query({ where: { database: wanted }, orderBy: "position", limit })
        query.subscribe(() => changed(query.rows.map(({ id }) => id)))
      },
    }
  },
  nested: (doc) => {
    const root = doc.getMap<Y.Map<unknown>>("rows")
    const all = (): readonly { readonly id: string; readonly record: Readonly<Record<string, unknown>> }[] =>
      [...root].map(([id, map]) => ({ id, record: map.toJSON() }))
    return {
      create: (id, record) => void root.set(id, new Y.Map(Object.entries(record))),
      edit: (id, field, to) => void root.get(id)?.set(field, to),
      read: (id) => root.get(id)?.toJSON(),
      get size() {
        return root.size
      },
      follow: (changed) => root.observeDeep(() => changed(firstOf(all()))),
    }
  },
  whole: (doc) => {
    const root = doc.getMap<BenchRecord>("rows")
    return {
      create: (id, record) => void root.set(id, record),
      edit: (id, field, to) => void root.set(id, { ...root.get(id), [field]: to as string }),
      read: (id) => root.get(id),
      get size() {
        return root.size
      },
      follow: (changed) => root.observe(() => changed(firstOf([...root].map(([id, record]) => ({ id, record }))))),
    }
  },
}

/** What an application without live queries does: look at all of them again. */
function firstOf(
  all: readonly { readonly id: string; readonly record: Readonly<Record<string, unknown>> }[],
): readonly string[] {
  return all
    .filter(({ record }) => record["database"] === wanted)
    .sort((a, b) => Number(a.record["position"]) - Number(b.record["position"]))
    .slice(0, limit)
    .map(({ id }) => id)
}
