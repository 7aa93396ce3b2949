import type { StatusSnapshot } from "@millrace/indexeddb"
import type { BindingWatermark, Outcome, RecordRef, RecordStatus, TargetState } from "../api.ts"
import type { Side, TouchBook } from "./ack-ledger.ts"
import { type RecordKey, keyOf, refOf } from "./record-key.ts"
import { type ExceptionAge, type Reach, recordState, type TouchKind, verdict } from "./record-status.ts"
import type { StatusException, StatusView } from "./status-view.ts"

interface Touch {
  /** Batches of own edits, and of others', that are not known to be durable. */
  local: number
  remote: number
  /** Of those that are. */
  seq: number
  /** Raised by each new edit of this browser: tells the stored row which edit waits. */
  edit: number
}

/** Hears whose status may be another now. */
export interface BookListener {
  recordChanged(key: RecordKey): void
  /** Any record of the collection. */
  collectionChanged(collection: string): void
}

/**
 * Which seq last touched each record, and what follows from it with the status document.
 *
 * A record is kept by itself only while its last touch is above a watermark that concerns it. All others share their
 * collection's floor: an upper bound of the seqs that touched them.
 */
export class StatusBook implements TouchBook {
  readonly #touches = new Map<RecordKey, Touch>()
  readonly #floors = new Map<string, number>()
  readonly #view: StatusView
  readonly #listener: BookListener
  #waiting = 0
  #generation = 0
  #restoring = true
  #bases: ReadonlyMap<string, string> = new Map()
  #bindings: readonly BindingWatermark[] = []
  #covering = new Map<string, readonly BindingWatermark[]>()

  constructor(view: StatusView, listener: BookListener) {
    this.#view = view
    this.#listener = listener
  }

  /** Records with edits of this browser that are not known to be durable. */
  get waiting(): number {
    return this.#waiting
  }

  get floors(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#floors)
  }

  /** By collection, how its untouched records stood with each binding when that was last told. */
  get bases(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#bases)
  }

  get bindings(): readonly BindingWatermark[] {
    return this.#bindings
  }

  /** Number of records kept by themselves. */
  get size(): number {
    return this.#touches.size
  }

  /** Takes over what an earlier session knew, but for what waits: that the ledger opens. Before `restored`. */
  restore({ position, open }: StatusSnapshot): void {
    for (const [collection, seq] of Object.entries(position?.floors ?? {})) this.#floors.set(collection, seq)
    this.#bases = new Map(Object.entries(position?.bases ?? {}))
    for (const { collection, id, touchedSeq } of open) {
      if (touchedSeq !== null) this.#touch(keyOf(collection, id)).seq = touchedSeq
    }
  }

  /** Everything local is loaded: from now on what differs from the stored rows is told. */
  restored(): void {
    this.#restoring = false
    this.#change(() => {})
  }

  opened(key: RecordKey, side: Side): void {
    const touch = this.#touch(key)
    if (side === "local" && touch.local === 0) this.#waiting += 1
    touch[side] += 1
    if (side === "local") touch.edit += 1
    this.#mark(key)
  }

  /** A further edit of a record that is open already. */
  edited(key: RecordKey): void {
    this.#touch(key).edit += 1
    this.#mark(key)
  }

  merged(key: RecordKey, side: Side): void {
    this.#touch(key)[side] -= 1
  }

  closed(key: RecordKey, side: Side, seq: number): void {
    const touch = this.#touch(key)
    touch[side] -= 1
    touch.seq = Math.max(touch.seq, seq)
    if (side === "local" && touch.local === 0) this.#waiting -= 1
    this.#mark(key)
    this.#settle(key, touch)
  }

  /** Number of the record's last edit in this session, 0 when there is none that waits. */
  waitingEdit(key: RecordKey): number {
    const touch = this.#touches.get(key)
    return touch !== undefined && touch.local > 0 ? touch.edit : 0
  }

  setGeneration(generation: number): void {
    if (this.#generation === generation) return
    this.#change(() => (this.#generation = generation))
  }

  /** Bindings with their watermarks, as the status document has them now. */
  setBindings(bindings: readonly BindingWatermark[]): void {
    this.#change(() => {
      this.#bindings = bindings
      this.#covering = new Map()
    })
  }

  exceptionChanged(key: RecordKey): void {
    this.#mark(key)
  }

  statusOf(collection: string, id: string): RecordStatus {
    const touch = this.#touches.get(keyOf(collection, id))
    const kind = kindOf(touch)
    const touchedSeq = kind !== "known" ? null : (touch?.seq ?? this.#floors.get(collection) ?? 0)
    const targets: Record<string, TargetState> = {}
    for (const binding of this.#bindingsOf(collection)) {
      const name = `${binding.target}/${binding.binding}`
      const exception = this.#view.exceptionOf(binding, collection, id)
      targets[name] = this.#targetState(kind, touchedSeq ?? 0, binding, exception)
    }
    return { collection, id, state: recordState(kind, Object.values(targets)), touchedSeq, targets }
  }

  /** What `target` says of a write durable at `seq`; undefined while it says nothing yet. */
  outcomeOf(target: string, { collection, id }: RecordRef, seq: number): Outcome | undefined {
    const bindings = this.#bindingsOf(collection).filter((binding) => binding.target === target)
    const states = bindings.map((binding) =>
      this.#targetState("known", seq, binding, this.#view.exceptionOf(binding, collection, id)),
    )
    const refused = states.find(({ state }) => state === "parked" || state === "rejected" || state === "conflict")
    if (refused !== undefined) {
      const state = refused.state as "parked" | "rejected" | "conflict"
      return { target, state, reason: refused.reason, seq: refused.seq ?? seq }
    }
    const accepted = states.length > 0 && states.every(({ state }) => state === "accepted")
    return accepted ? { target, state: "accepted", reason: undefined, seq } : undefined
  }

  #targetState(
    kind: TouchKind,
    touchedSeq: number,
    binding: BindingWatermark,
    exception: StatusException | undefined,
  ): TargetState {
    const age: ExceptionAge = exception === undefined ? "none" : exception.seq >= touchedSeq ? "current" : "older"
    const found = verdict(kind, age, this.#reach(binding, touchedSeq))
    if (found === "exception" && exception !== undefined) {
      return { state: exception.kind, reason: exception.reason, seq: exception.seq }
    }
    return { state: found === "exception" ? "pending" : found, seq: kind === "known" ? binding.seq : null }
  }

  #reach(binding: BindingWatermark, seq: number): Reach {
    return binding.generation === this.#generation && binding.seq >= seq ? "passed" : "behind"
  }

  #bindingsOf(collection: string): readonly BindingWatermark[] {
    let covering = this.#covering.get(collection)
    if (covering === undefined) {
      covering = this.#bindings.filter((binding) => binding.collections.includes(collection))
      this.#covering.set(collection, covering)
    }
    return covering
  }

  #touch(key: RecordKey): Touch {
    let touch = this.#touches.get(key)
    if (touch === undefined) {
      touch = { local: 0, remote: 0, seq: this.#floors.get(refOf(key).collection) ?? 0, edit: 0 }
      this.#touches.set(key, touch)
    }
    return touch
  }

  #mark(key: RecordKey): void {
    this.#listener.recordChanged(key)
  }

  /** Lets a record go that every watermark has passed: the floor speaks for it from now on. */
  #settle(key: RecordKey, touch: Touch): void {
    if (touch.local > 0 || touch.remote > 0) return
    const { collection } = refOf(key)
    if (this.#bindingsOf(collection).some((binding) => this.#reach(binding, touch.seq) === "behind")) return
    this.#touches.delete(key)
    if (!this.#floors.has(collection)) this.#bases = new Map(this.#bases).set(collection, this.#viewOf(collection))
    this.#floors.set(collection, Math.max(this.#floors.get(collection) ?? 0, touch.seq))
  }

  #change(apply: () => void): void {
    apply()
    if (this.#restoring) return
    const before = this.#bases
    this.#bases = this.#views()
    for (const collection of new Set([...before.keys(), ...this.#bases.keys()])) {
      if (before.get(collection) !== this.#bases.get(collection)) this.#listener.collectionChanged(collection)
    }
    for (const [key, touch] of this.#touches) {
      // A touch between the old and the new watermark of any binding changes; to ask which costs more than to mark.
      if (touch.local === 0 && touch.remote === 0) this.#mark(key)
      this.#settle(key, touch)
    }
  }

  /** How each collection's untouched records stand with each binding, as a text to compare. */
  #views(): ReadonlyMap<string, string> {
    const collections = new Set(this.#floors.keys())
    for (const binding of this.#bindings) for (const collection of binding.collections) collections.add(collection)
    return new Map([...collections].map((collection) => [collection, this.#viewOf(collection)]))
  }

  #viewOf(collection: string): string {
    const floor = this.#floors.get(collection) ?? 0
    const each = this.#bindingsOf(collection).map(
      (binding) => `${binding.target}/${binding.binding}=${this.#reach(binding, floor)}`,
    )
    return each.sort().join(" ")
  }
}

function kindOf(touch: Touch | undefined): TouchKind {
  if (touch === undefined) return "known"
  if (touch.local > 0) return "waiting"
  return touch.remote > 0 ? "unknown" : "known"
}
