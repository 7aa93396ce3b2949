import type { Clock } from "@millrace/ports"
import * as Y from "yjs"
import { type Fault, faultsOf, type Operation } from "./reference.ts"
import { Seeded, tickingClock } from "./seeded.ts"
import type { OpenSubject, Subject } from "./subject.ts"

const ids = ["r0", "r1", "r2"]
const fields = ["f", "g", "h"]

interface Replica {
  doc: Y.Doc
  subject: Subject
  seen: Set<number>
  /** What its disk holds: a restart may lose the tail of what it did. */
  disk: { readonly bytes: Uint8Array; readonly seen: ReadonlySet<number> }
  readonly writerClass: 0 | 1
}

export interface Outcome {
  readonly faults: readonly Fault[]
  readonly divergences: readonly string[]
  readonly operations: number
}

/**
 * One random history: five replicas, one of them a write-back; partitions; updates that arrive one by one in random
 * order, twice, or as whole states; restarts with a new client id, some of which lose what was not yet on disk.
 */
export class History {
  readonly #random: Seeded
  readonly #clock: Clock = tickingClock()
  readonly #open: OpenSubject
  readonly #operations: Operation[] = []
  /** By operation; an operation that wrote nothing has none. */
  readonly #updates: (Uint8Array | undefined)[] = []
  readonly #replicas: Replica[]
  #groups: number[] = []
  #value = 0

  constructor(seed: number, open: OpenSubject) {
    this.#random = new Seeded(seed)
    this.#open = open
    this.#replicas = [1, 1, 1, 1, 0].map((writerClass) =>
      this.#start(writerClass as 0 | 1, new Uint8Array(), new Set()),
    )
    this.#partition()
  }

  run(steps: number): Outcome {
    for (let step = 0; step < steps; step++) this.#step()
    return this.#judge()
  }

  #start(writerClass: 0 | 1, bytes: Uint8Array, seen: ReadonlySet<number>): Replica {
    const doc = new Y.Doc()
    doc.clientID = writerClass === 0 ? 1 + this.#random.below(65_535) : 65_536 + this.#random.below(2 ** 31)
    if (bytes.length > 0) Y.applyUpdate(doc, bytes, "disk")
    const subject = this.#open(doc, this.#clock, this.#random)
    return { doc, subject, seen: new Set(seen), disk: { bytes, seen }, writerClass }
  }

  #step(): void {
    const choice = this.#random.float()
    const replica = this.#random.pick(this.#replicas)
    if (choice < 0.55) this.#act(replica)
    else if (choice < 0.72) this.#deliverOne(replica)
    else if (choice < 0.88) this.#syncState(this.#random.pick(this.#replicas), replica)
    else if (choice < 0.93) this.#partition()
    else if (choice < 0.97) this.#save(replica)
    else this.#restart(replica)
  }

  #act(replica: Replica): void {
    const id = this.#random.pick(ids)
    const { record } = replica.subject.view(id)
    if (record === undefined) {
      const chosen = fields.filter(() => this.#random.float() < 0.6)
      const given = Object.fromEntries(chosen.map((field) => [field, this.#nextValue()]))
      this.#perform(replica, "create", id, new Map(Object.entries(given)), () => replica.subject.create(id, given))
      return
    }
    const choice = this.#random.float()
    const field = this.#random.pick(fields)
    if (choice < 0.2) this.#perform(replica, "delete", id, new Map(), () => replica.subject.delete(id))
    else if (choice < 0.35) {
      if (!record.has(field)) return
      const removal = new Map([[field, undefined]])
      this.#perform(replica, "write", id, removal, () => replica.subject.write(id, field, undefined))
    } else {
      const text = this.#nextValue()
      this.#perform(replica, "write", id, new Map([[field, text]]), () => replica.subject.write(id, field, text))
    }
  }

  #perform(
    replica: Replica,
    kind: Operation["kind"],
    id: string,
    given: ReadonlyMap<string, string | undefined>,
    write: () => void,
  ): void {
    let update: Uint8Array | undefined
    const catchUpdate = (bytes: Uint8Array): void => void (update = bytes)
    replica.doc.on("update", catchUpdate)
    write()
    replica.doc.off("update", catchUpdate)
    const number = this.#operations.length
    const { writerClass } = replica
    this.#operations.push({ kind, id, fields: given, seen: new Set(replica.seen), writerClass })
    this.#updates.push(update)
    replica.seen.add(number)
  }

  /** One update that this replica may have next; sometimes one that it has already. */
  #deliverOne(replica: Replica): void {
    const reachable = [...this.#operations.keys()].filter((number) => this.#isReachable(replica, number))
    const numbers = reachable.filter((number) => {
      const wanted = [...(this.#operations[number]?.seen ?? [])]
      return wanted.every((each) => replica.seen.has(each))
    })
    if (numbers.length === 0) return
    const number = this.#random.pick(numbers)
    const update = this.#updates[number]
    if (update !== undefined) Y.applyUpdate(replica.doc, update, "network")
    replica.seen.add(number)
  }

  #isReachable(replica: Replica, number: number): boolean {
    return this.#replicas.some((other) => this.#areConnected(replica, other) && other.seen.has(number))
  }

  #syncState(from: Replica, to: Replica): void {
    if (from === to || !this.#areConnected(from, to)) return
    Y.applyUpdate(to.doc, Y.encodeStateAsUpdate(from.doc, Y.encodeStateVector(to.doc)), "network")
    for (const number of from.seen) to.seen.add(number)
  }

  #areConnected(a: Replica, b: Replica): boolean {
    return this.#groups[this.#replicas.indexOf(a)] === this.#groups[this.#replicas.indexOf(b)]
  }

  #partition(): void {
    this.#groups = this.#replicas.map(() => this.#random.below(2))
  }

  #save(replica: Replica): void {
    replica.disk = { bytes: Y.encodeStateAsUpdate(replica.doc), seen: new Set(replica.seen) }
  }

  #restart(replica: Replica): void {
    if (this.#random.float() < 0.7) this.#save(replica)
    replica.subject.close()
    const { doc, subject, seen } = this.#start(replica.writerClass, replica.disk.bytes, replica.disk.seen)
    Object.assign(replica, { doc, subject, seen })
  }

  #nextValue(): string {
    return `v${this.#value++}`
  }

  #judge(): Outcome {
    this.#groups = this.#replicas.map(() => 0)
    for (let round = 0; round < 2; round++) {
      for (const from of this.#replicas) for (const to of this.#replicas) this.#syncState(from, to)
    }
    // What a restart lost before anybody else had it is gone with its disk: it never happened.
    const known = this.#replicas[0]?.seen ?? new Set<number>()
    const operations = this.#operations.map((operation, number) =>
      known.has(number) ? operation : { ...operation, id: "never" },
    )
    const [first] = this.#replicas
    if (first === undefined) throw new Error("no replicas")
    const faults = ids.flatMap((id) => [...faultsOf(operations, id, first.subject.view(id))])
    return { faults, divergences: this.#divergences(first, known), operations: known.size }
  }

  #divergences(first: Replica, known: ReadonlySet<number>): readonly string[] {
    const expected = first.subject.fingerprint()
    const found: string[] = []
    this.#replicas.forEach(({ subject }, at) => {
      if (subject.fingerprint() !== expected) found.push(`replica ${at} differs`)
      found.push(...subject.eventFaults().map((fault) => `replica ${at}: ${fault}`))
    })
    const updates = this.#updates.filter((update, number) => update !== undefined && known.has(number))
    const all = updates.filter((update) => update !== undefined)
    const mixed = this.#random.shuffle([...all, ...all.slice(0, all.length / 2)])
    if (this.#fresh(mixed) !== expected) found.push("updates in random order differ")
    if (all.length > 0 && this.#fresh([Y.mergeUpdates(all)]) !== expected) found.push("merged updates differ")
    return found
  }

  #fresh(updates: readonly Uint8Array[]): string {
    const { doc, subject } = this.#start(1, new Uint8Array(), new Set())
    for (const update of updates) Y.applyUpdate(doc, update, "network")
    return subject.fingerprint()
  }
}
