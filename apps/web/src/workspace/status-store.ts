import type { RecordRef, RecordState, RecordStatus, Workspace, WorkspaceStatus } from "@millrace/client"
import type { Schema } from "@millrace/model"
import { worstState } from "../status/record-view.ts"
import { workspaceView, type WorkspaceView } from "../status/workspace-view.ts"
import { Topics } from "./topics.ts"

/** The dataset that a record is shown with; undefined where it is shown nowhere. */
export type OwnerOf = (collection: string, id: string) => string | undefined

export type StatusSource = Pick<Workspace<Schema>, "status" | "recordStatus" | "onStatus" | "onRecordStatus">

/**
 * The workspace's status and the records' statuses as snapshots with stable references.
 *
 * Statuses are asked for when somebody looks, and kept until the workspace says that they may have changed; at most
 * `maxKept` of them. `close` ends it, idempotent.
 */
export class StatusStore {
  readonly #source: StatusSource
  readonly #topics = new Topics()
  readonly #stops: readonly (() => void)[]
  readonly #known = new Map<string, RecordStatus>()
  readonly #stale = new Set<string>()
  readonly #ownerOf: OwnerOf
  #view: WorkspaceView
  #status: WorkspaceStatus
  #storing = 0

  static readonly maxKept = 20_000

  constructor(source: StatusSource, ownerOf: OwnerOf) {
    this.#source = source
    this.#ownerOf = ownerOf
    this.#status = source.status
    this.#view = workspaceView(this.#status, 0)
    this.#stops = [
      source.onStatus((status) => this.#setStatus(status)),
      source.onRecordStatus((changed) => {
        if (changed === undefined) this.#forgetAll()
        else for (const ref of changed) this.#forget(ref)
      }),
    ]
  }

  close(): void {
    for (const stop of this.#stops) stop()
  }

  status(): WorkspaceStatus {
    return this.#status
  }

  view(): WorkspaceView {
    return this.#view
  }

  record(collection: string, id: string): RecordStatus {
    const key = keyOf(collection, id)
    const known = this.#known.get(key)
    if (known !== undefined && !this.#stale.has(key)) return known
    const fresh = this.#source.recordStatus(collection, id)
    this.#stale.delete(key)
    if (known !== undefined && sameStatus(known, fresh)) return known
    if (this.#known.size >= StatusStore.maxKept) this.#dropAll()
    this.#known.set(key, fresh)
    return fresh
  }

  /** The worst of a dataset and its columns: what its row in the list shows. */
  whole(dataset: string, columnIds: Iterable<string>): RecordState {
    const states: RecordState[] = [this.record("datasets", dataset).state]
    for (const id of columnIds) states.push(this.record("columns", id).state)
    return worstState(states)
  }

  /** Counts a write as "saving" until this browser has stored it. */
  track(stored: Promise<void>): void {
    this.#addStoring(1)
    const settled = (): void => this.#addStoring(-1)
    stored.then(settled, settled)
  }

  onStatus(listener: () => void): () => void {
    return this.#topics.subscribe("workspace", listener)
  }

  onRecord(collection: string, id: string, listener: () => void): () => void {
    return this.#topics.subscribe(keyOf(collection, id), listener)
  }

  /** The dataset or one of its columns. */
  onWhole(dataset: string, listener: () => void): () => void {
    return this.#topics.subscribe(keyOf("whole", dataset), listener)
  }

  #setStatus(status: WorkspaceStatus): void {
    this.#status = status
    this.#view = workspaceView(status, this.#storing)
    this.#topics.publish("workspace")
  }

  #addStoring(count: number): void {
    this.#storing += count
    this.#setStatus(this.#status)
  }

  #forget(ref: RecordRef): void {
    const key = keyOf(ref.collection, ref.id)
    if (this.#known.has(key)) this.#stale.add(key)
    this.#topics.publish(key)
    const owner = this.#ownerOf(ref.collection, ref.id)
    if (owner !== undefined) this.#topics.publish(keyOf("whole", owner))
  }

  // What nobody looks at costs nothing: those who look are asked again, the rest is asked when it comes into view.
  #forgetAll(): void {
    for (const key of this.#known.keys()) this.#stale.add(key)
    this.#topics.publishAll()
  }

  #dropAll(): void {
    this.#known.clear()
    this.#stale.clear()
  }
}

// No workspace status can be taken for a record's: a collection's name has no blank.
function keyOf(collection: string, id: string): string {
  return `${collection} ${id}`
}

function sameStatus(a: RecordStatus, b: RecordStatus): boolean {
  return a.state === b.state && a.touchedSeq === b.touchedSeq && JSON.stringify(a.targets) === JSON.stringify(b.targets)
}
