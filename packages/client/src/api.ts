import type { MillraceError } from "@millrace/ports"
import type { Mirror, MirrorEvent } from "@millrace/indexeddb"
import type { Permission } from "@millrace/protocol"
import type { InputRecordOf, Patch, Place, RecordOf, Records, Schema, Unsent, Value } from "@millrace/model"
import type { Awareness } from "y-protocols/awareness"
import type * as Y from "yjs"

/**
 * Where this browser stands with the relay.
 *
 * - `offline` no socket; a new attempt comes by itself
 * - `connecting` a socket is being opened, or the workspace on it
 * - `online` edits travel both ways
 * - `refused` the relay said no for good (see `lastError`); nothing is retried, everything local stays
 */
export type ConnectionState = "offline" | "connecting" | "online" | "refused"

/**
 * What is known of a record, never better than the truth.
 *
 * - `waiting` this browser has an edit of it that is not on the relay's disk, as far as it knows
 * - `parked` a target needs a person
 * - `rejected` refused by validation or a target; tried again at the next change
 * - `conflict` both sides changed it; somebody must choose
 * - `pending` the relay has it, a target has not
 * - `accepted` every target that takes this collection has its last state
 * - `durable` the relay has it, and no target takes this collection
 */
export type RecordState = "waiting" | "parked" | "rejected" | "conflict" | "pending" | "accepted" | "durable"

/** What one binding said of a record's last state. */
export interface TargetState {
  readonly state: "waiting" | "pending" | "accepted" | "rejected" | "parked" | "conflict"
  readonly reason?: string
  /** The log's seq that this is about: the exception's, or the watermark's; null while nothing is known. */
  readonly seq: number | null
}

export interface RecordStatus {
  readonly collection: string
  readonly id: string
  /** The first that applies in the order of `RecordState`. */
  readonly state: RecordState
  /** Upper bound of the seq that last touched it; null while that is not durable. */
  readonly touchedSeq: number | null
  /** By `<target>/<binding>`, those bindings that take this collection. */
  readonly targets: Readonly<Record<string, TargetState>>
}

export interface RecordRef {
  readonly collection: string
  readonly id: string
}

/** How far a binding got, as the projector wrote it into the status document. */
export interface BindingWatermark {
  readonly target: string
  readonly binding: string
  readonly collections: readonly string[]
  readonly generation: number
  readonly bindingRevision: number
  readonly seq: number
}

export interface CatchingUp {
  readonly doneBytes: number
  readonly totalBytes: number
}

export interface WorkspaceStatus {
  readonly connection: ConnectionState
  /** What the token allows here, as the relay told last, perhaps in an earlier session; undefined until then. A reader's writes throw. */
  readonly permission: Permission | undefined
  /** Records with edits of this browser that are not on the relay's disk. */
  readonly waiting: number
  /** Highest durable seq heard of; kept over a reload. */
  readonly seq: number
  /** Generation of the local copy; 0 until the relay told one. */
  readonly generation: number
  /** How far a first or long fetch from the relay is; undefined while none is under way, or its size is not told. */
  readonly catchingUp: CatchingUp | undefined
  /** Everything the relay had when this connection opened is here, and everything local is on its disk. */
  readonly caughtUp: boolean
  /** The browser's copy: `memory` where there is none, `failed` while the database refuses. */
  readonly storage: "opening" | "open" | "failed" | "memory"
  /** The last thing that went wrong; undefined again once online. */
  readonly lastError: MillraceError | undefined
  readonly bindings: readonly BindingWatermark[]
}

/** A value that this browser wrote and that is not in force, because a write that had not seen it won, or a delete. */
export interface LostValue extends RecordRef, Place {
  /** Undefined where this browser removed. */
  readonly value: Value | undefined
  readonly to: "write" | "delete"
  /** What is in force instead, where a write won. */
  readonly winner?: Value | undefined
}

export interface StorageReport {
  /** The browser gives nothing of it up for room. */
  readonly persisted: boolean
  /** Of the whole site; undefined where the browser does not say. */
  readonly usageBytes: number | undefined
  readonly quotaBytes: number | undefined
}

/** A target's answer to a write: `reason` is set unless accepted. */
export interface Outcome {
  readonly target: string
  readonly state: "accepted" | "rejected" | "parked" | "conflict"
  readonly reason: string | undefined
  readonly seq: number
}

/**
 * What becomes of one write, as it becomes known.
 *
 * The promises may be ignored: a rejection that nobody listens to is not reported as unhandled. All of them reject with
 * kind `closed` when the workspace is closed first; the write itself is not lost by that.
 */
export interface WriteHandle {
  /**
   * The IndexedDB transaction with this write has completed. Rejects with kind `storage` when it aborted; the write then
   * lives in memory and is stored with the next transaction that succeeds. Without IndexedDB it is `durable`.
   */
  readonly stored: Promise<void>
  /** On the relay's disk, at `seq` or before. Rejects when the relay refused it for good. */
  readonly durable: Promise<{ readonly seq: number }>
  /**
   * Every binding of `target` that takes the record has this write or a later one, or gave its reason. Never rejects for
   * a target's refusal. For a transaction over many records: the first that is not accepted, else accepted.
   */
  outcome(target: string): Promise<Outcome>
  /** As `outcome`, but rejects with kind `invalid` and the target's reason when it was not accepted. */
  accepted(target: string): Promise<Outcome>
}

/** Names of the collections that a schema declares. */
export type CollectionName<S extends Schema> = keyof S["collections"] & string

/** A collection whose writes answer with a handle; reads, and what is thrown, as in the model. `R` is read, `I` written. */
export interface WorkspaceCollection<R, I> {
  /** Creates the record, or writes the fields that differ and removes those missing. Throws kind `invalid`. */
  put(id: string, record: I): WriteHandle
  /** Writes the named fields of an existing record. Throws kind `invalid` or `not-found`. */
  update(id: string, patch: Patch<I>): WriteHandle
  removeField(id: string, field: string & keyof I): WriteHandle
  delete(id: string): WriteHandle
  get(id: string): R | undefined
  has(id: string): boolean
  ids(): Iterable<string>
  all(): ReadonlyMap<string, R>
  readonly size: number
}

/** Stops what the call started; idempotent. */
export type Unsubscribe = () => void

/** The mirror as an application sees it. */
export type WorkspaceMirror = Pick<Mirror, "status" | "onStatus" | "settled" | "violations" | "rebuild">

export interface Workspace<S extends Schema> {
  readonly name: string
  readonly doc: Y.Doc
  readonly records: Records<S>
  /**
   * Resolves when what this browser keeps is loaded. Reads and writes before are fine, reads then see less. Rejects with
   * kind `storage` when the local copy cannot be read; the workspace then goes on in memory and fetches from the relay.
   */
  readonly ready: Promise<void>
  collection<N extends CollectionName<S>>(name: N): WorkspaceCollection<RecordOf<S, N>, InputRecordOf<S, N>>
  /** All writes of `write` as one; the handle stands for them together. Throws what `write` throws. */
  transact(write: () => void): WriteHandle
  readonly status: WorkspaceStatus
  recordStatus(collection: string, id: string): RecordStatus
  /** Who has the workspace open right now and what they say of themselves: told to who is connected, kept nowhere. */
  readonly awareness: Awareness
  /** Called after `status` changed, at most once a tick, with the new value. */
  onStatus(listener: (status: WorkspaceStatus) => void): Unsubscribe
  /** Called after records' statuses may have changed; `undefined` stands for "any of them". */
  onRecordStatus(listener: (changed: readonly RecordRef[] | undefined) => void): Unsubscribe
  /** The object stores that mirror the records: state, rebuild, violations; undefined unless opened with `mirror`. */
  readonly mirror: WorkspaceMirror | undefined
  /**
   * A connection to the mirrored object stores, for reading: each collection a store with key path `id` and the schema's indexes, beside
   * `$status`. What would write throws kind `unsupported`. Ask at each use: a page with another schema ends it. Resolves before the local copy
   * is loaded, with rows as the last session left them; `mirror.settled()` tells when they show what this tab has.
   */
  database(): Promise<IDBDatabase>
  /**
   * Follows the mirrored stores: every change, whichever tab made it, in the order of commits, with before and after. A `reset` says that
   * rows changed that nobody told: read again. Throws kind `unsupported` without a mirror.
   */
  changes(listener: (events: readonly MirrorEvent[]) => void, options?: { readonly after?: number }): Unsubscribe
  /** Resolves when `status.caughtUp` is true; rejects when the relay refuses for good, and when closed. */
  caughtUp(): Promise<void>
  /**
   * What this browser has and the relay, as far as is known, has not: to be put into a file, or written to another generation with `records.applyUnsent`. Deletes
   * are not in it. Lists too much rather than too little.
   */
  unsent(): Unsent
  /** What this browser wrote, in this session or an earlier one, and lost to a concurrent write; gone once somebody settles it. */
  lost(): readonly LostValue[]
  /** Called after `lost` may have changed, at most once a tick. */
  onLost(listener: (lost: readonly LostValue[]) => void): Unsubscribe
  /** Room of this site in the browser; with `persist` asks that nothing of it be given up, which may ask the person. */
  storage(options?: { readonly persist?: boolean }): Promise<StorageReport>
  /**
   * Closes the workspace in all tabs and deletes what this browser keeps of it. Throws kind `conflict`, and does nothing, while edits wait, unless
   * `evenUnsent` is set.
   */
  wipe(options?: { readonly evenUnsent?: boolean }): Promise<void>
  /** Called for every failure that no promise tells: storage, refused connections, broken frames. */
  onFault(listener: (fault: MillraceError) => void): Unsubscribe
  /** Applies what other tabs of this browser have stored meanwhile; the relay brings it too, where there is one. */
  refresh(): Promise<void>
  /** Flushes the local stores, leaves the relay, ends every promise still open. Idempotent. */
  close(): Promise<void>
}
