import { cleanKey, type Image, journalOf, type JournalRecord, type Mark, type StoredRange } from "./journal.ts"
import { ImageReader } from "./image-reader.ts"
import type { Natives } from "./natives.ts"
import type { OwnRequests } from "./own-requests.ts"

/** Most marks, and images, of one record of a journal: a record is one value, and values have a limit. */
const maxMarks = 10_000
const maxImages = 500

/**
 * How much room is left for marks, as far as this page knows.
 *
 * - `roomy` marks and images
 * - `tight` a transaction found no room: marks alone, until one with a write of a row has completed
 * - `full` marks alone found none either: instead of a mark, the row goes that says that all is known
 */
export type Room = "roomy" | "tight" | "full"

export interface RecorderOptions {
  readonly natives: Natives
  readonly own: OwnRequests
  readonly transaction: IDBTransaction
  readonly id: string
  readonly nowMs: () => number
  readonly images: boolean
  readonly room: Room
  readonly upgrade: { readonly from: number; readonly to: number } | undefined
  /** Of stores that have one. */
  readonly hasJournal: (store: string) => boolean
}

interface Lane {
  readonly store: IDBObjectStore
  readonly journal: IDBObjectStore
  readonly images: ImageReader | undefined
  marks: Mark[]
  ready: Image[]
  /** Images and generated keys that are still to come. */
  pending: number
  /** Of `pending`, those of keys. */
  keysToCome: number
  /** Adds of known keys that may still fail. */
  addsToCome: number
  due: boolean
}

/** What is about to be written, before the engine was asked to. */
export interface Intent {
  readonly lane: Lane
  readonly at: number
}

/** Marks the writes of one transaction of the application in the journals of their stores, within that transaction. */
export class TransactionRecorder {
  readonly #options: RecorderOptions
  readonly #lanes = new Map<string, Lane>()
  #at = 0
  #committing = false
  #wrote = false
  #grew = false

  constructor(options: RecorderOptions) {
    this.#options = options
  }

  /** Whether anything was marked. */
  get wrote(): boolean {
    return this.#wrote
  }

  /** Whether rows were added or replaced. */
  get grew(): boolean {
    return this.#grew
  }

  /** Before a write of one key: reads what is there now. Undefined where the store has no journal. */
  beforeKey(store: IDBObjectStore, key: IDBValidKey | undefined, hasImage: boolean): Intent | undefined {
    const lane = this.#lane(store)
    if (lane === undefined) return undefined
    const at = this.#next()
    // An add needs no image: where there is a row it fails. Whether it did shows too late for the next write of its key.
    if (key !== undefined && hasImage && lane.images !== undefined) this.#await(lane, lane.images.ofKey(key, at))
    return { lane, at }
  }

  /** Before a write of many keys; `range` undefined stands for all. */
  beforeRange(store: IDBObjectStore, range: IDBKeyRange | undefined): Intent | undefined {
    const lane = this.#lane(store)
    if (lane === undefined) return undefined
    const at = this.#next()
    if (lane.images !== undefined) this.#await(lane, lane.images.ofRange(range, at))
    return { lane, at }
  }

  /** The engine took a write of a key that is known already. */
  tookKey({ lane, at }: Intent, op: "add" | "put" | "delete", key: IDBValidKey, request: IDBRequest): void {
    this.#mark(lane, { op, at, key })
    if (op !== "add" || lane.images === undefined) return
    lane.addsToCome += 1
    const { listen } = this.#options.natives
    listen.call(request, "success", () => (lane.addsToCome -= 1))
    // An add that fails without ending the transaction found the key taken.
    listen.call(request, "error", () => {
      lane.addsToCome -= 1
      this.#mark(lane, { op: "unadd", at, key })
    })
  }

  /** The engine took a write whose key it will tell. */
  tookUnknown({ lane, at }: Intent, op: "add" | "put", request: IDBRequest<IDBValidKey>): void {
    const { listen } = this.#options.natives
    lane.pending += 1
    lane.keysToCome += 1
    const settle = (mark: Mark | undefined): void => {
      lane.pending -= 1
      lane.keysToCome -= 1
      if (mark !== undefined) this.#mark(lane, mark)
      else this.#plan(lane)
    }
    listen.call(request, "success", () => settle({ op, at, key: request.result }))
    listen.call(request, "error", () => settle(undefined))
    this.#plan(lane)
  }

  tookRange({ lane, at }: Intent, range: StoredRange | undefined): void {
    this.#mark(lane, range === undefined ? { op: "clear", at } : { op: "deleteRange", at, range })
  }

  /** Before the application's own commit: what is known is marked now, for the rest the store is to be looked through. */
  commit(): void {
    if (this.#committing) return
    for (const lane of this.#lanes.values()) {
      if (lane.keysToCome > 0) lane.marks.push({ op: "scan", at: this.#next() })
      if (lane.marks.length > 0 || lane.addsToCome > 0) this.#write(lane, true)
    }
    this.#committing = true
  }

  /** A store has another name, or none any more: its journal went the same way. */
  forget(store: string): void {
    const lane = this.#lanes.get(store)
    this.#lanes.delete(store)
    if (lane !== undefined) lane.marks = []
  }

  renamed(from: string, to: string): void {
    const lane = this.#lanes.get(from)
    this.#lanes.delete(from)
    if (lane !== undefined) this.#lanes.set(to, lane)
  }

  #next(): number {
    this.#at += 1
    return this.#at
  }

  #lane(store: IDBObjectStore): Lane | undefined {
    if (this.#committing) return undefined
    const { name } = store
    const known = this.#lanes.get(name)
    if (known !== undefined) return known
    const { natives, own, transaction, hasJournal, images, room } = this.#options
    if (!hasJournal(name)) return undefined
    let journal: IDBObjectStore
    try {
      journal = natives.transaction.objectStore.call(transaction, journalOf(name))
    } catch {
      // The transaction has ended: the engine refuses the write itself too.
      return undefined
    }
    const reader = images && room === "roomy" ? new ImageReader(natives, own, store) : undefined
    const lane: Lane = {
      store,
      journal,
      images: reader,
      marks: [],
      ready: [],
      pending: 0,
      keysToCome: 0,
      addsToCome: 0,
      due: false,
    }
    this.#lanes.set(name, lane)
    return lane
  }

  #await(lane: Lane, reading: ((arrived: (images: readonly Image[]) => void) => void) | undefined): void {
    if (reading === undefined) return
    lane.pending += 1
    reading((images) => {
      lane.pending -= 1
      for (const image of images) lane.ready.push(image)
      if (lane.pending === 0 && !lane.due && lane.marks.length > 0) this.#write(lane)
    })
  }

  #mark(lane: Lane, mark: Mark): void {
    lane.marks.push(mark)
    if (mark.op === "put" || mark.op === "add") this.#grew = true
    this.#plan(lane)
  }

  /** Once for a burst: the transaction is still active in the microtask after the code that wrote. */
  #plan(lane: Lane): void {
    if (lane.due) return
    lane.due = true
    queueMicrotask(() => {
      lane.due = false
      if (lane.pending === 0 && lane.marks.length > 0) this.#write(lane)
    })
  }

  /** At a commit nothing can be added later: adds that may still fail promise nothing. */
  #write(lane: Lane, isCommit = false): void {
    const { id, nowMs, upgrade, room } = this.#options
    const { marks, ready } = lane
    const hasImages = lane.images !== undefined && lane.pending === 0 && !(isCommit && lane.addsToCome > 0)
    lane.marks = []
    lane.ready = []
    if (this.#committing) return
    this.#wrote = true
    if (room === "full") {
      this.#tell(() => lane.journal.delete(cleanKey))
      return
    }
    for (let from = 0; from < Math.max(marks.length, 1); from += maxMarks) {
      const part = marks.slice(from, from + maxMarks)
      // Images that fit into no record with marks follow in records of their own.
      const images = from === 0 ? ready.splice(0, maxImages) : []
      const record: JournalRecord = {
        tx: id,
        atMs: nowMs(),
        ...(upgrade && { upgrade }),
        marks: part,
        images,
        hasImages,
      }
      this.#tell(() => this.#options.natives.store.add.call(lane.journal, record))
    }
    while (ready.length > 0) {
      const images = ready.splice(0, maxImages)
      const record: JournalRecord = { tx: id, atMs: nowMs(), ...(upgrade && { upgrade }), marks: [], images, hasImages }
      this.#tell(() => this.#options.natives.store.add.call(lane.journal, record))
    }
  }

  #tell<T>(ask: () => IDBRequest<T>): void {
    try {
      this.#options.own.own(ask())
    } catch {
      // It ended under us: aborted, so there is nothing to mark.
    }
  }
}
