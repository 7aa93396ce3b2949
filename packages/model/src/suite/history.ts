import type { Clock } from "@millrace/ports"
import * as Y from "yjs"
import { Acts, ids } from "./acts.ts"
import { OperationLog, type Replica } from "./operation-log.ts"
import { kindsFaults } from "./reference.ts"
import type { OpenKinds } from "./subject.ts"
import { Seeded, tickingClock } from "./seeded.ts"

export interface KindsOutcome {
  readonly faults: readonly string[]
  readonly divergences: readonly string[]
  readonly operations: number
}

/**
 * One random history of records with fields of every kind: five replicas, one of them a write-back, two of them with a
 * newer schema; partitions; updates one by one in random order, twice, or as whole states; restarts with a new client
 * id, some of which lose what was not yet on disk; undo and redo; a new generation at the end.
 */
export class KindsHistory {
  readonly #random: Seeded
  readonly #clock: Clock = tickingClock()
  readonly #open: OpenKinds
  readonly #log = new OperationLog()
  readonly #acts: Acts
  readonly #replicas: Replica[]
  #groups: number[] = []

  constructor(seed: number, open: OpenKinds) {
    this.#random = new Seeded(seed)
    this.#acts = new Acts(this.#random, this.#log)
    this.#open = open
    this.#replicas = [1, 1, 1, 1, 0].map((writerClass, at) =>
      this.#start(writerClass as 0 | 1, at % 2 === 0 ? 1 : 2, new Uint8Array(), new Set()),
    )
    this.#partition()
  }

  run(steps: number): KindsOutcome {
    for (let step = 0; step < steps; step++) this.#step()
    return this.#judge()
  }

  #start(writerClass: 0 | 1, version: 1 | 2, bytes: Uint8Array, seen: ReadonlySet<number>): Replica {
    const doc = new Y.Doc()
    doc.clientID = writerClass === 0 ? 1 + this.#random.below(65_535) : 65_536 + this.#random.below(2 ** 31)
    if (bytes.length > 0) Y.applyUpdate(doc, bytes, "disk")
    const subject = this.#open(doc, this.#clock, this.#random, version)
    return {
      doc,
      subject,
      seen: new Set(seen),
      disk: { bytes, seen },
      writerClass,
      version,
      copies: new Map(),
      undoable: [],
      redoable: [],
    }
  }

  #step(): void {
    const choice = this.#random.float()
    const replica = this.#random.pick(this.#replicas)
    if (choice < 0.6) this.#acts.act(replica)
    else if (choice < 0.74) this.#deliverOne(replica)
    else if (choice < 0.88) this.#syncState(this.#random.pick(this.#replicas), replica)
    else if (choice < 0.93) this.#partition()
    else if (choice < 0.97) replica.disk = { bytes: Y.encodeStateAsUpdate(replica.doc), seen: new Set(replica.seen) }
    else this.#restart(replica)
  }

  #deliverOne(replica: Replica): void {
    const fit = this.#log.updates.flatMap((_, number) => {
      const isReachable = this.#replicas.some((other) => this.#areConnected(replica, other) && other.seen.has(number))
      return isReachable && [...(this.#log.seenBy[number] ?? [])].every((each) => replica.seen.has(each))
        ? [number]
        : []
    })
    if (fit.length === 0) return
    const number = this.#random.pick(fit)
    const update = this.#log.updates[number]
    if (update !== undefined) replica.subject.merge(update)
    replica.seen.add(number)
  }

  #syncState(from: Replica, to: Replica): void {
    if (from === to || !this.#areConnected(from, to)) return
    to.subject.merge(Y.encodeStateAsUpdate(from.doc, Y.encodeStateVector(to.doc)))
    for (const number of from.seen) to.seen.add(number)
  }

  #areConnected(a: Replica, b: Replica): boolean {
    return this.#groups[this.#replicas.indexOf(a)] === this.#groups[this.#replicas.indexOf(b)]
  }

  #partition(): void {
    this.#groups = this.#replicas.map(() => this.#random.below(2))
  }

  #restart(replica: Replica): void {
    if (this.#random.float() < 0.7) {
      replica.disk = { bytes: Y.encodeStateAsUpdate(replica.doc), seen: new Set(replica.seen) }
    }
    replica.subject.close()
    Object.assign(replica, this.#start(replica.writerClass, replica.version, replica.disk.bytes, replica.disk.seen))
  }

  #judge(): KindsOutcome {
    const faults: string[] = []
    // Each replica is right about what it has seen, before all have seen everything and after.
    const judgeAll = (): void => {
      for (const { subject, seen } of this.#replicas) {
        for (const id of ids) faults.push(...kindsFaults(this.#log.sayings, seen, id, subject.view(id)))
      }
    }
    judgeAll()
    this.#groups = this.#replicas.map(() => 0)
    for (let round = 0; round < 2; round++) {
      for (const from of this.#replicas) for (const to of this.#replicas) this.#syncState(from, to)
    }
    judgeAll()
    return { faults, divergences: this.#divergences(), operations: this.#log.count }
  }

  #divergences(): readonly string[] {
    const [first] = this.#replicas
    if (first === undefined) throw new Error("no replicas")
    const expected = first.subject.fingerprint()
    const found: string[] = []
    this.#replicas.forEach(({ subject }, at) => {
      if (subject.fingerprint() !== expected) found.push(`replica ${at} differs`)
      found.push(...subject.faults().map((fault) => `replica ${at}: ${fault}`))
    })
    const all = this.#log.updates.flatMap((update, number) =>
      update !== undefined && first.seen.has(number) ? [update] : [],
    )
    const mixed = this.#random.shuffle([...all, ...all.slice(0, all.length / 2)])
    if (this.#fresh(mixed) !== expected) found.push("updates in random order differ")
    if (all.length > 0 && this.#fresh([Y.mergeUpdates(all)]) !== expected) found.push("merged updates differ")
    if (first.subject.freshFingerprint() !== expected) found.push("the new generation differs")
    return found
  }

  #fresh(updates: readonly Uint8Array[]): string {
    const { subject } = this.#start(1, 1, new Uint8Array(), new Set())
    for (const update of updates) subject.merge(update)
    return subject.fingerprint()
  }
}
