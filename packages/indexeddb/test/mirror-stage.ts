import { type Clock, type MillraceError, systemClock, systemRandom } from "@millrace/ports"
import { defineSchema, openRecords, type Records, type Schema, value } from "@millrace/model"
import { atEndOfTests, waitFor } from "@millrace/testkit"
import * as Y from "yjs"
import { type KillableFactory, killable } from "./killable-factory.ts"
import {
  DocStore,
  Mirror,
  type MirrorEvent,
  type MirrorLimits,
  type MirrorStatus,
  processTabs,
  recordOfRow,
  StatusStore,
  type Tabs,
} from "../src/index.ts"

export const databaseName = "millrace:w"

const anything = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (given: unknown) => ({ value: given }),
    types: undefined as unknown as { input: unknown; output: unknown },
  },
} as const

export const any = value(anything, { optional: true })

export const schema = defineSchema({
  version: 1,
  collections: {
    people: {
      fields: { name: any, team: any, age: any, tags: any, email: any, id: any },
      indexes: {
        byName: { on: "name" },
        byTeamAndAge: { on: ["team", "age"] },
        byTag: { on: "tags", multiEntry: true },
        byEmail: { on: "email", unique: true },
      },
    },
    teams: { fields: { name: any } },
  },
})

export interface TabOptions {
  readonly schema?: Schema
  readonly limits?: Partial<MirrorLimits>
  readonly clock?: Clock
  /** Bends what the tab's storage does. */
  readonly indexedDB?: IDBFactory
  readonly mirrorIndexedDB?: IDBFactory
}

export interface Tab {
  readonly doc: Y.Doc
  readonly records: Records
  readonly store: DocStore
  readonly mirror: Mirror
  readonly faults: MillraceError[]
  readonly statuses: MirrorStatus[]
  readonly storage: KillableFactory
  close(): Promise<void>
  /** As a crash of its process: nothing more is written, locks and channels are gone. */
  kill(): void
}

/** A tab of the browser that `browser` stands for: a document, its local copy and its mirror. */
export async function openTab(browser: IDBFactory, options: TabOptions = {}): Promise<Tab> {
  const clock = options.clock ?? systemClock
  const storage = killable(options.indexedDB ?? browser)
  const dead = new AbortController()
  const doc = new Y.Doc()
  const records: Records = openRecords<Schema>(doc, options.schema ?? schema)
  const faults: MillraceError[] = []
  const onFault = (fault: MillraceError): void => void (dead.signal.aborted || faults.push(fault))
  const status = new StatusStore({ name: databaseName, indexedDB: storage.indexedDB, onFault })
  const store: DocStore = new DocStore({
    name: `${databaseName}:updates`,
    doc,
    indexedDB: storage.indexedDB,
    clock,
    random: systemRandom,
    onFault,
    onStored: (stored) => mirror.stored(stored),
  })
  const mirror = new Mirror({
    name: databaseName,
    indexedDB: options.mirrorIndexedDB ?? storage.indexedDB,
    clock,
    tabs: mortal(processTabs(browser), dead.signal),
    records,
    updates: store,
    log: () => ({ seq: 0, generation: 1 }),
    onFault,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  })
  const statuses: MirrorStatus[] = []
  mirror.onStatus((now) => statuses.push(now))
  const { mirror: position } = await status.load()
  mirror.expect(position)
  await store.load(
    undefined,
    position && { incarnation: position.incarnation, keys: position.reflected, onReached: mirror.boundary },
  )
  mirror.start(true)
  let closing: Promise<void> | undefined
  const close = (): Promise<void> =>
    (closing ??= (async () => {
      await mirror.close()
      await store.close()
      status.close()
      records.destroy()
    })())
  atEndOfTests(close)
  const kill = (): void => {
    dead.abort()
    storage.kill()
  }
  return { doc, records, store, mirror, faults, statuses, storage, close, kill }
}

/** Tabs that let everything go when their tab dies. */
function mortal(tabs: Tabs, death: AbortSignal): Tabs {
  return {
    lead: (name, signal, work) =>
      tabs.lead(name, AbortSignal.any([signal, death]), () =>
        Promise.race([work(), new Promise<void>((resolve) => death.addEventListener("abort", () => resolve()))]),
      ),
    channel: (name, onMessage) => {
      const channel = tabs.channel(name, (message) => void (death.aborted || onMessage(message)))
      death.addEventListener("abort", () => channel.close())
      return channel
    },
  }
}

/** Brings two documents together, as the relay would. */
export function exchange(one: Y.Doc, other: Y.Doc): void {
  const forOther = Y.encodeStateAsUpdate(one, Y.encodeStateVector(other))
  const forOne = Y.encodeStateAsUpdate(other, Y.encodeStateVector(one))
  Y.applyUpdate(other, forOther, "relay")
  Y.applyUpdate(one, forOne, "relay")
}

export function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

/** All records of the mirrored stores, as an application reads them. */
export async function mirrored(mirror: Mirror): Promise<Record<string, Record<string, unknown>>> {
  const database = await mirror.database()
  const all: Record<string, Record<string, unknown>> = {}
  for (const name of [...database.objectStoreNames].filter((each) => !each.startsWith("$"))) {
    const rows = await resultOf(database.transaction(name).objectStore(name).getAll())
    all[name] = Object.fromEntries(rows.map((row) => [row.id, recordOfRow(row)]))
  }
  return all
}

/** All records of the document, in the same shape. */
export function recorded(records: Records): Record<string, Record<string, unknown>> {
  const all: Record<string, Record<string, unknown>> = {}
  for (const name of Object.keys(records.schema.collections)) {
    all[name] = Object.fromEntries(records.collection(name).all())
  }
  return all
}

/** What a listener hears from now on. */
export function hearing(mirror: Mirror, after?: number): MirrorEvent[] {
  const heard: MirrorEvent[] = []
  mirror.onChanges((events) => void heard.push(...events), after === undefined ? {} : { after })
  return heard
}

export async function current(tab: Tab): Promise<void> {
  await waitFor(() => tab.mirror.status.state === "current", {
    what: "the mirror to be current",
    detail: () => JSON.stringify([tab.mirror.status, tab.faults.map(String)]),
  })
}
