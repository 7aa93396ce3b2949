import { recordOfRow } from "@millrace/indexeddb"
import { defineSchema, type PlainRecord, type Schema, value } from "@millrace/model"
import { type MirrorEvent, type MirrorStatus, openWorkspace, type Workspace } from "../../src/index.ts"

const anything = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (given: unknown) => ({ value: given }),
    types: undefined as unknown as { input: unknown; output: unknown },
  },
} as const

const field = value(anything, { optional: true })
const names = ["name", "team", "age", "city", "note", "count", "kind", "tags"] as const

/** `younger` has another index, which makes it another schema. */
export function schemaOf(younger: boolean): Schema {
  return defineSchema({
    version: younger ? 2 : 1,
    collections: {
      people: {
        fields: Object.fromEntries(names.map((name) => [name, field])),
        indexes: {
          byAge: { on: "age" },
          ...(younger ? { byTeam: { on: ["team", "age"] } } : { byName: { on: "name" } }),
        },
      },
    },
  })
}

function record(at: number): PlainRecord {
  const name = `person ${at}`
  return {
    name,
    team: `team ${at % 100}`,
    age: at % 97,
    city: "Berlin",
    note: `a note on ${name}`,
    count: at,
    kind: "a",
    tags: ["x"],
  }
}

let workspace: Workspace<Schema>
const heard: MirrorEvent[] = []
const states: MirrorStatus[] = []

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error("no result"))
  })
}

/** What the test calls in the page. */
const page = {
  heard,
  states,
  async open({ younger = false, url = "http://127.0.0.1:9", token = "none", mirror = true } = {}): Promise<void> {
    workspace = openWorkspace({ name: "w", schema: schemaOf(younger), url, token, mirror })
    if (mirror) workspace.changes((events) => void heard.push(...events))
    workspace.mirror?.onStatus((status) => states.push(status))
    await workspace.ready
  },
  /** Resolves when stored. */
  put: (id: string, fields: PlainRecord): Promise<void> => workspace.collection("people").put(id, fields).stored,
  delete: (id: string): Promise<void> => workspace.collection("people").delete(id).stored,
  fill(from: number, to: number): Promise<void> {
    const write = (): void => {
      for (let at = from; at < to; at += 1) workspace.collection("people").put(`p${at}`, record(at))
    }
    return workspace.transact(write).stored
  },
  /** Never ends: edits, additions and deletions, each its own transaction. */
  async burst(): Promise<void> {
    const people = workspace.collection("people")
    for (let at = 0; ; at += 1) {
      const id = `b${at % 50}`
      const stored = at % 7 === 6 ? people.delete(id).stored : people.put(id, { count: at }).stored
      if (at % 3 === 0) await stored
    }
  },
  settled: async (): Promise<void> => workspace.mirror?.settled(),
  async rows(): Promise<Record<string, unknown>> {
    const database = await workspace.database()
    const rows = await resultOf(database.transaction("people").objectStore("people").getAll())
    return Object.fromEntries(rows.map((row) => [row.id, recordOfRow(row)]))
  },
  records: (): Record<string, unknown> => Object.fromEntries(workspace.collection("people").all()),
  async indexes(): Promise<readonly string[]> {
    const database = await workspace.database()
    return [...database.transaction("people").objectStore("people").indexNames]
  },
  async keys(index: string, key: IDBValidKey): Promise<readonly IDBValidKey[]> {
    const database = await workspace.database()
    return await resultOf(database.transaction("people").objectStore("people").index(index).getAllKeys(key))
  },
  async writeThrough(): Promise<string> {
    const database = await workspace.database()
    try {
      database.transaction("people", "readwrite")
      return "no error"
    } catch (thrown) {
      return String(thrown)
    }
  },
  status: (): MirrorStatus | undefined => workspace.mirror?.status,
  close: (): Promise<void> => workspace.close(),
}

export type MirrorPage = typeof page

declare global {
  var mirrorPage: MirrorPage
}

globalThis.mirrorPage = page
