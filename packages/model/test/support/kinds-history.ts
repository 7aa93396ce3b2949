import type { Clock } from "@millrace/ports"
import * as Y from "yjs"
import { kindsFaults, type Saying, Sayings, Standing, type Step } from "./kinds-reference.ts"
import { type Creation, type KindsSubject, labelOf, type OpenKinds } from "./kinds-subject.ts"
import { Seeded, tickingClock } from "./seeded.ts"

const ids = ["r0", "r1", "r2"]
const names = ["a", "b", "c"]

interface Replica {
  doc: Y.Doc
  subject: KindsSubject
  seen: Set<number>
  disk: { readonly bytes: Uint8Array; readonly seen: ReadonlySet<number> }
  readonly writerClass: 0 | 1
  readonly version: 1 | 2
  /** What an undo said again, by what had been taken back. */
  readonly copies: Map<number, number>
  undoable: Step[]
  redoable: Step[]
}

export interface KindsOutcome {
  readonly faults: readonly string[]
  readonly divergences: readonly string[]
  readonly operations: number
}

/** What one operation says and takes back, while it is put together. */
interface Draft {
  readonly says: number[]
  readonly takesBack: number[]
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
  readonly #sayings = new Sayings()
  readonly #updates: (Uint8Array | undefined)[] = []
  readonly #seenBy: ReadonlySet<number>[] = []
  readonly #creationOf = new Map<string, number>()
  readonly #replicas: Replica[]
  #groups: number[] = []
  #count = 0
  #words = 0

  constructor(seed: number, open: OpenKinds) {
    this.#random = new Seeded(seed)
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
    return { doc, subject, seen: new Set(seen), disk: { bytes, seen }, writerClass, version, copies: new Map(), undoable: [], redoable: [] }
  }

  #step(): void {
    const choice = this.#random.float()
    const replica = this.#random.pick(this.#replicas)
    if (choice < 0.6) this.#act(replica)
    else if (choice < 0.74) this.#deliverOne(replica)
    else if (choice < 0.88) this.#syncState(this.#random.pick(this.#replicas), replica)
    else if (choice < 0.93) this.#partition()
    else if (choice < 0.97) replica.disk = { bytes: Y.encodeStateAsUpdate(replica.doc), seen: new Set(replica.seen) }
    else this.#restart(replica)
  }

  #act(replica: Replica): void {
    const id = this.#random.pick(ids)
    const { subject } = replica
    const { record } = subject.view(id)
    const choice = this.#random.float()
    if (choice < 0.07) return this.#undo(replica, "undoable", "redoable", () => subject.undo())
    if (choice < 0.1) return this.#undo(replica, "redoable", "undoable", () => subject.redo())
    if (record === undefined) return choice < 0.2 ? this.#discard(replica, id) : this.#create(replica, id)
    if (choice < 0.18) return this.#delete(replica, id)
    if (choice < 0.32) return this.#title(replica, id, record)
    if (choice < 0.52) return this.#elements(replica, id, this.#random.float() < 0.5 ? "tags" : "props", record)
    if (choice < 0.78) return this.#list(replica, id, record)
    this.#text(replica, id, record)
  }

  #create(replica: Replica, id: string): void {
    const some = <T>(value: T): T | undefined => (this.#random.float() < 0.6 ? value : undefined)
    const record: Creation = dropMissing({
      title: some(this.#word()),
      tags: some(names.filter(() => this.#random.float() < 0.5)),
      props: some(Object.fromEntries(names.slice(0, this.#random.below(3)).map((name) => [name, this.#word()]))),
      steps: some(Array.from({ length: this.#random.below(3) }, () => this.#word())),
      notes: some(this.#char() + this.#char()),
    })
    this.#perform(replica, true, (draft) => {
      const had = new Set(replica.subject.nonces(id))
      replica.subject.create(id, record)
      const nonce = replica.subject.nonces(id).find((each) => !had.has(each)) ?? ""
      const creation = this.#sayings.all.length
      this.#creationOf.set(nonce, creation)
      const keys = replica.subject.keys(id)
      const base = {
        values: new Map(record.title === undefined ? [] : [["title", record.title]]),
        tags: record.tags === undefined ? undefined : new Set(record.tags),
        props: record.props === undefined ? undefined : new Map(Object.entries(record.props)),
        steps: record.steps === undefined ? undefined : new Map(keys.map((key, at) => [key, record.steps?.[at] ?? ""])),
      }
      this.#say(draft, { kind: "creation", id, creation, base })
      this.#ordered(keys, 0, keys.length)
      for (const char of record.notes ?? "") this.#say(draft, { kind: "char", id, creation, char })
      return true
    })
  }

  #delete(replica: Replica, id: string): void {
    this.#perform(replica, true, (draft) => {
      const standing = this.#standing(replica, id)
      for (const { number } of [...standing.creations, ...standing.active]) draft.takesBack.push(number)
      for (const { number, creation } of standing.chars) if (standing.living.has(creation)) draft.takesBack.push(number)
      return replica.subject.delete(id)
    })
  }

  #discard(replica: Replica, id: string): void {
    this.#perform(replica, true, (draft) => {
      const { orphans, chars, living } = this.#standing(replica, id)
      for (const { number } of orphans) draft.takesBack.push(number)
      for (const { number, creation } of chars) if (!living.has(creation)) draft.takesBack.push(number)
      return replica.subject.discard(id)
    })
  }

  #title(replica: Replica, id: string, record: Readonly<Record<string, unknown>>): void {
    const title = this.#random.float() < 0.75 ? this.#word() : undefined
    const isSettled = this.#random.float() < 0.2
    if (!isSettled && title === record["title"]) return
    this.#edit(replica, id, (draft, standing) => {
      this.#write(draft, replica, id, "title", isSettled ? (record["title"] as string | undefined) : title, standing.at("title"))
      return isSettled ? replica.subject.settle(id, "title") : replica.subject.update(id, { title })
    })
  }

  #elements(replica: Replica, id: string, field: "tags" | "props", record: Readonly<Record<string, unknown>>): void {
    const name = this.#random.pick(names)
    const isThere = field === "tags" ? (record["tags"] as string[] | undefined)?.includes(name) === true : Object.hasOwn(record["props"] ?? {}, name)
    const { subject } = replica
    const choice = this.#random.float()
    if (choice < 0.08) return this.#removeField(replica, id, field, record)
    const adds = choice < 0.6
    const word = this.#word()
    if (!adds && !isThere) return
    if (adds && isThere && field === "tags") return
    this.#edit(replica, id, (draft, standing) => {
      if (record[field] === undefined) this.#write(draft, replica, id, field, null, standing.within(field))
      const value = !adds ? undefined : field === "tags" ? "1" : word
      this.#write(draft, replica, id, `${field}|${name}`, value, standing.at(`${field}|${name}`))
      if (field === "tags") return adds ? subject.add(id, name) : subject.drop(id, name)
      return adds ? subject.setKey(id, name, word) : subject.dropKey(id, name)
    })
  }

  #removeField(replica: Replica, id: string, field: string, record: Readonly<Record<string, unknown>>): void {
    if (record[field] === undefined) return
    this.#edit(replica, id, (draft, standing) => {
      this.#write(draft, replica, id, field, undefined, standing.within(field))
      if (field === "notes") for (const { number } of standing.chars) draft.takesBack.push(number)
      return replica.subject.update(id, { [field]: undefined })
    })
  }

  #list(replica: Replica, id: string, record: Readonly<Record<string, unknown>>): void {
    const { subject } = replica
    const before = subject.keys(id)
    const at = this.#random.below(before.length + 1)
    const choice = this.#random.float()
    if (choice < 0.05) return this.#removeField(replica, id, "steps", record)
    if (choice < 0.5 || before.length === 0) {
      const values = Array.from({ length: 1 + this.#random.below(2) }, () => this.#word())
      this.#edit(replica, id, (draft, standing) => {
        if (record["steps"] === undefined) this.#write(draft, replica, id, "steps", null, standing.within("steps"))
        const wrote = subject.insert(id, at, values)
        const keys = subject.keys(id)
        values.forEach((value, offset) => this.#write(draft, replica, id, `steps|${keys[at + offset]}`, value, []))
        this.#ordered(keys, at, at + values.length)
        return wrote
      })
      return
    }
    const from = Math.min(at, before.length - 1)
    const place = `steps|${before[from]}`
    this.#edit(replica, id, (draft, standing) => {
      if (choice < 0.7) {
        const value = this.#word()
        this.#write(draft, replica, id, place, value, standing.at(place))
        return subject.change(id, from, value)
      }
      if (choice < 0.85) {
        this.#write(draft, replica, id, place, undefined, standing.at(place))
        return subject.take(id, from)
      }
      const to = this.#random.below(before.length)
      if (to === from) return false
      this.#write(draft, replica, id, `${place}|p`, null, standing.at(`${place}|p`))
      this.#sayings.moved.add(before[from] ?? "")
      const wrote = subject.move(id, from, to)
      if (subject.keys(id)[to] !== before[from]) throw new Error("a move went elsewhere")
      return wrote
    })
  }

  #text(replica: Replica, id: string, record: Readonly<Record<string, unknown>>): void {
    const { subject } = replica
    const choice = this.#random.float()
    if (choice < 0.06) return this.#removeField(replica, id, "notes", record)
    const shown = typeof record["notes"] === "string" ? record["notes"] : ""
    const gone = choice < 0.35 && shown !== ""
    const at = this.#random.below(shown.length + (gone ? 0 : 1))
    const char = gone ? undefined : this.#char()
    const isWhole = this.#random.float() < 0.3
    if (isWhole && record["notes"] === undefined && char === undefined) return
    this.#edit(
      replica,
      id,
      (draft, standing) => {
        const next = shown.slice(0, at) + (char ?? "") + shown.slice(at + (gone ? 1 : 0))
        if (isWhole) for (const { number } of standing.at("notes")) draft.takesBack.push(number)
        let wrote = true
        if (isWhole) wrote = subject.update(id, { notes: next })
        else subject.type(id, at, char)
        const into = this.#creationOf.get(subject.textNonce(id)) ?? 0
        if (char !== undefined) this.#say(draft, { kind: "char", id, creation: into, char })
        else {
          this.#sayings.typedAway.add(shown[at] ?? "")
          for (const { number, char: each } of standing.chars) if (each === shown[at]) draft.takesBack.push(number)
        }
        return wrote
      },
      isWhole,
    )
  }

  #undo(replica: Replica, from: "undoable" | "redoable", to: "undoable" | "redoable", run: () => boolean): void {
    const alive = this.#sayings.alive(replica.seen)
    const { copies } = replica
    const latest = (number: number): number => (copies.has(number) ? latest(copies.get(number) ?? 0) : number)
    let step: Step | undefined
    let undone: Draft | undefined
    let isDone = false
    while (!isDone && (step = replica[from].pop()) !== undefined) {
      const says = step.says
      undone = { says: [], takesBack: says.map(latest).filter((number) => alive.has(number)) }
      isDone = undone.takesBack.length > 0
      // What was said and taken back in one step was never there.
      for (const number of step.takesBack.filter((each) => !says.includes(each))) {
        isDone = true
        const saying = this.#sayings.all[number]
        if (saying === undefined || copies.has(number)) continue
        copies.set(number, this.#sayings.all.length)
        // Said again by whoever undoes.
        this.#say(undone, saying.kind === "write" ? { ...saying, writerClass: replica.writerClass } : saying)
        if (saying.kind === "char") this.#sayings.revived.add(saying.char)
      }
    }
    const draft = isDone ? undone : undefined
    if (step === undefined || draft === undefined) {
      this.#perform(replica, false, () => run())
      return
    }
    this.#perform(replica, false, (own) => {
      own.says.push(...draft.says)
      own.takesBack.push(...draft.takesBack)
      return run()
    })
    replica[to].push(draft)
    if (process.env["DBG"]) console.log("undo", from, this.#replicas.indexOf(replica), "step", JSON.stringify(step), "->", JSON.stringify(draft), this.#sayings.steps.length - 1, draft.says.map((n) => JSON.stringify(this.#sayings.all[n])).join())
  }

  #edit(
    replica: Replica,
    id: string,
    run: (draft: Draft, standing: Standing) => boolean,
    migrates = true,
  ): void {
    this.#perform(replica, true, (draft) => {
      const standing = this.#standing(replica, id)
      const { record } = replica.subject.view(id)
      const title = record?.["title"] as string | undefined
      const labels = migrates && replica.version === 2 && title !== undefined && record?.["label"] === undefined
      if (labels) this.#write(draft, replica, id, "label", labelOf(title), standing.at("label"))
      return run(draft, standing)
    })
  }

  #write(
    draft: Draft,
    { writerClass, seen }: Replica,
    id: string,
    place: string,
    value: string | null | undefined,
    instead: readonly { readonly number: number }[],
  ): void {
    const sees = new Standing(this.#sayings, this.#sayings.alive(seen), id).living
    this.#say(draft, { kind: "write", id, place, value, sees, writerClass })
    for (const { number } of instead) draft.takesBack.push(number)
  }

  #say(draft: Draft, saying: Saying): void {
    draft.says.push(this.#sayings.say(saying))
  }

  #word(): string {
    return `w${this.#words++}`
  }

  /** A character that is nowhere else in this history. */
  #char(): string {
    return String.fromCharCode(0x4e00 + this.#words++)
  }

  #ordered(keys: readonly string[], from: number, to: number): void {
    for (let at = from; at < to; at++) {
      const [before, here, after] = [keys[at - 1], keys[at], keys[at + 1]]
      if (before !== undefined && here !== undefined) this.#sayings.order.push([before, here])
      if (here !== undefined && after !== undefined) this.#sayings.order.push([here, after])
    }
  }

  /** Runs one operation; nothing is said where nothing was written. */
  #perform(replica: Replica, isStep: boolean, run: (draft: Draft) => boolean): void {
    const ent = (): string[] => [...replica.doc.getArray<string>("tasks").toArray(), JSON.stringify(replica.doc.getMap("$texts").toJSON())]
    const before0 = ent()
    const updates: Uint8Array[] = []
    const catchUpdate = (bytes: Uint8Array): void => void updates.push(bytes)
    const draft: Draft = { says: [], takesBack: [] }
    replica.doc.on("update", catchUpdate)
    const wrote = run(draft)
    replica.doc.off("update", catchUpdate)
    if (!wrote && updates.length > 0) throw new Error("an operation wrote and denied it")
    const number = this.#sayings.steps.length
    if (process.env["DBG"]) { const a = ent(); console.log("op", number, "replica", this.#replicas.indexOf(replica), isStep, wrote, "+", a.filter((e) => !before0.includes(e)), "-", before0.filter((e) => !a.includes(e))) }
    this.#sayings.steps.push(wrote ? draft : { says: [], takesBack: [] })
    this.#seenBy.push(new Set(replica.seen))
    this.#updates.push(updates.length === 0 ? undefined : Y.mergeUpdates(updates))
    replica.seen.add(number)
    this.#count++
    if (wrote && isStep && updates.length > 0) {
      replica.undoable.push(draft)
      replica.redoable = []
    }
  }

  #standing(replica: Replica, id: string): Standing {
    return new Standing(this.#sayings, this.#sayings.alive(replica.seen), id)
  }

  #deliverOne(replica: Replica): void {
    const fit = this.#updates.flatMap((_, number) => {
      const isReachable = this.#replicas.some((other) => this.#areConnected(replica, other) && other.seen.has(number))
      return isReachable && [...(this.#seenBy[number] ?? [])].every((each) => replica.seen.has(each)) ? [number] : []
    })
    if (fit.length === 0) return
    const number = this.#random.pick(fit)
    const update = this.#updates[number]
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

  //DEBUG
  debugStep(): void { this.#step() }
  debugSync(want: string): void {
    const show = (when: string) => {
      this.#replicas.forEach(({ subject, seen, doc, version }, at) => {
        for (const id of ids) {
          const alive = this.#sayings.alive(seen)
          const faults = kindsFaults(this.#sayings, alive, id, subject.view(id))
          if (faults.includes(want)) {
            console.log(when, at, version, id, faults, JSON.stringify(subject.view(id)))
            for (const n of alive) { const s: any = this.#sayings.all[n]; if (s.id === id) console.log("  alive", n, JSON.stringify(s, (_, v) => (v instanceof Set ? [...v] : v instanceof Map ? [...v] : v))) }
            console.log(doc.getArray("tasks").toArray().filter((e: any) => e.startsWith(`["${id}"`)), JSON.stringify(doc.getMap("$texts").toJSON()))
            this.#sayings.steps.forEach((st: any, n) => { const r = [...st.says, ...st.takesBack].some((x: number) => this.#sayings.all[x]?.id === id); if (r && seen.has(n)) console.log("  step", n, JSON.stringify(st), "seen by writer:", [...(this.#seenBy[n] ?? [])].slice(-6).join()) })
            process.exit(0)
          }
        }
      })
    }
    show("before")
    this.#groups = this.#replicas.map(() => 0)
    const dump = (r: Replica) => [...r.doc.getMap("$texts").entries()].filter(([k]) => k.includes(process.env["K"] ?? "zzz")).map(([k, t]) => { const o: string[] = []; for (let i = (t as any)._start; i; i = i.right) o.push(`${i.id.client}:${i.id.clock}${i.deleted ? "-" : "+"}${i.content.str ?? i.content.len}`); return o.join(" ") })
    if (process.env["K"]) this.#replicas.forEach((r, i) => console.log("before", i, dump(r)))
    for (let round = 0; round < 2; round++) for (const from of this.#replicas) for (const to of this.#replicas) { this.#syncState(from, to); if (process.env["K"]) console.log(this.#replicas.indexOf(from), "->", this.#replicas.indexOf(to), dump(to)) }
    show("after")
  }
  //END
  #judge(): KindsOutcome {
    const faults: string[] = []
    // Each replica is right about what it has seen, before all have seen everything and after.
    const judgeAll = (): void => {
      for (const { subject, seen } of this.#replicas) {
        const alive = this.#sayings.alive(seen)
        for (const id of ids) faults.push(...kindsFaults(this.#sayings, alive, id, subject.view(id)))
      }
    }
    judgeAll()
    this.#groups = this.#replicas.map(() => 0)
    for (let round = 0; round < 2; round++) {
      for (const from of this.#replicas) for (const to of this.#replicas) this.#syncState(from, to)
    }
    judgeAll()
    return { faults, divergences: this.#divergences(), operations: this.#count }
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
    const all = this.#updates.flatMap((update, number) => (update !== undefined && first.seen.has(number) ? [update] : []))
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

function dropMissing(record: { readonly [K in keyof Creation]: Creation[K] | undefined }): Creation {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))
}
