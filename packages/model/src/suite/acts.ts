import type { Draft, OperationLog, Replica } from "./operation-log.ts"
import type { Standing, Step } from "./reference.ts"
import type { Seeded } from "./seeded.ts"
import { type Creation, labelOf } from "./subject.ts"

export const ids: readonly string[] = ["r0", "r1", "r2"]
const names = ["a", "b", "c"]
const valueFields = ["title", "parent", "gate"] as const

/** What the people of a history do, one random operation after the other. */
export class Acts {
  readonly #random: Seeded
  readonly #log: OperationLog
  readonly #creationOf = new Map<string, number>()
  #words = 0

  constructor(random: Seeded, log: OperationLog) {
    this.#random = random
    this.#log = log
  }

  act(replica: Replica): void {
    const id = this.#random.pick(ids)
    const { subject } = replica
    const { record } = subject.view(id)
    const choice = this.#random.float()
    if (choice < 0.07) return this.#undo(replica, "undoable", "redoable", () => subject.undo())
    if (choice < 0.1) return this.#undo(replica, "redoable", "undoable", () => subject.redo())
    if (record === undefined) return choice < 0.2 ? this.#discard(replica, id) : this.#create(replica, id)
    if (choice < 0.18) return this.#delete(replica, id)
    if (choice < 0.24) return this.#ref(replica, id, record)
    if (choice < 0.34) return this.#title(replica, id, record)
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
      parent: this.#random.float() < 0.15 ? this.#random.pick(ids) : undefined,
      gate: this.#random.float() < 0.05 ? this.#random.pick(ids) : undefined,
    })
    this.#log.perform(replica, true, (draft) => {
      const had = new Set(replica.subject.nonces(id))
      replica.subject.create(id, record)
      const nonce = replica.subject.nonces(id).find((each) => !had.has(each)) ?? ""
      const creation = this.#log.sayings.all.length
      this.#creationOf.set(nonce, creation)
      const keys = replica.subject.keys(id)
      const base = {
        values: new Map(
          valueFields.flatMap((field) => {
            const value = record[field]
            return value === undefined ? [] : [[field, value]]
          }),
        ),
        tags: record.tags === undefined ? undefined : new Set(record.tags),
        props: record.props === undefined ? undefined : new Map(Object.entries(record.props)),
        steps: record.steps === undefined ? undefined : new Map(keys.map((key, at) => [key, record.steps?.[at] ?? ""])),
      }
      this.#log.say(draft, { kind: "creation", id, creation, base })
      this.#ordered(keys, 0, keys.length)
      for (const char of record.notes ?? "") this.#log.say(draft, { kind: "char", id, sees: new Set([creation]), char })
      return true
    })
  }

  #delete(replica: Replica, id: string): void {
    const going = this.#deletedWith(replica, id)
    const isRestricted = ids.some((each) => {
      const gate = replica.subject.view(each).record?.["gate"]
      return !going.includes(each) && typeof gate === "string" && going.includes(gate)
    })
    this.#log.perform(replica, !isRestricted, (draft) => {
      for (const each of isRestricted ? [] : going) {
        const standing = this.#log.standing(replica, each)
        for (const { number } of [...standing.creations, ...standing.active]) draft.takesBack.push(number)
        for (const { number } of standing.livingChars()) draft.takesBack.push(number)
        this.#takeShown(draft, replica, each, standing, "concurrent")
      }
      const wrote = replica.subject.delete(id)
      if ((wrote === "restricted") !== isRestricted) throw new Error("a delete did not go by what refers to the record")
      return wrote === true
    })
  }

  /** The record and those that refer to it, or to one of them, by a field that cascades; as this replica sees them. */
  #deletedWith(replica: Replica, id: string): readonly string[] {
    const going = [id]
    for (const gone of going) {
      for (const each of ids) {
        if (replica.subject.view(each).record?.["parent"] === gone && !going.includes(each)) going.push(each)
      }
    }
    return going
  }

  #ref(replica: Replica, id: string, record: Readonly<Record<string, unknown>>): void {
    const field = this.#random.float() < 0.7 ? "parent" : "gate"
    const to = this.#random.float() < 0.6 ? this.#random.pick(ids) : undefined
    if (to === record[field]) return
    this.#edit(replica, id, (draft, standing) => {
      this.#log.write(draft, replica, id, field, to, standing.at(field))
      return replica.subject.update(id, { [field]: to })
    })
  }

  /**
   * A text may show what nobody says any more: where a delete or removal met one that another had begun to type into.
   * Who empties it and undoes that brings all of it back.
   */
  #takeShown(
    draft: Draft,
    { subject }: Replica,
    id: string,
    standing: Standing,
    where: "concurrent" | "afterDelete",
  ): void {
    const view = subject.view(id)
    const values: unknown[] =
      where === "afterDelete"
        ? view.afterDelete.filter(({ field }) => field === "notes").map(({ value }) => value)
        : [
            view.record?.["notes"],
            ...view.concurrent
              .filter(({ field }) => field === "notes")
              .flatMap(({ candidates }) => candidates.map(({ value }) => value)),
          ]
    const said = new Set(standing.chars.map(({ char }) => char))
    const shown = new Set(values.flatMap((value) => (typeof value === "string" ? value.split("") : [])))
    for (const char of shown) if (!said.has(char)) draft.takesBack.push(...this.#log.sayings.lastOf(id, char))
  }

  #discard(replica: Replica, id: string): void {
    this.#log.perform(replica, true, (draft) => {
      const standing = this.#log.standing(replica, id)
      const { orphans, chars } = standing
      const kept = new Set(standing.livingChars())
      for (const { number } of orphans) draft.takesBack.push(number)
      for (const each of chars) if (!kept.has(each)) draft.takesBack.push(each.number)
      this.#takeShown(draft, replica, id, standing, "afterDelete")
      return replica.subject.discard(id)
    })
  }

  #title(replica: Replica, id: string, record: Readonly<Record<string, unknown>>): void {
    const title = this.#random.float() < 0.75 ? this.#word() : undefined
    const isSettled = this.#random.float() < 0.2
    if (!isSettled && title === record["title"]) return
    this.#edit(replica, id, (draft, standing) => {
      this.#log.write(
        draft,
        replica,
        id,
        "title",
        isSettled ? (record["title"] as string | undefined) : title,
        standing.at("title"),
      )
      return isSettled ? replica.subject.settle(id, "title") : replica.subject.update(id, { title })
    })
  }

  #elements(replica: Replica, id: string, field: "tags" | "props", record: Readonly<Record<string, unknown>>): void {
    const name = this.#random.pick(names)
    const isThere =
      field === "tags"
        ? (record["tags"] as string[] | undefined)?.includes(name) === true
        : Object.hasOwn(record["props"] ?? {}, name)
    const { subject } = replica
    const choice = this.#random.float()
    if (choice < 0.08) return this.#removeField(replica, id, field, record)
    const adds = choice < 0.6
    const word = this.#word()
    if (!adds && !isThere) return
    if (adds && isThere && field === "tags") return
    this.#edit(replica, id, (draft, standing) => {
      if (record[field] === undefined) this.#log.write(draft, replica, id, field, null, standing.within(field))
      const value = !adds ? undefined : field === "tags" ? "1" : word
      this.#log.write(draft, replica, id, `${field}|${name}`, value, standing.at(`${field}|${name}`))
      if (field === "tags") return adds ? subject.add(id, name) : subject.drop(id, name)
      return adds ? subject.setKey(id, name, word) : subject.dropKey(id, name)
    })
  }

  #removeField(replica: Replica, id: string, field: string, record: Readonly<Record<string, unknown>>): void {
    if (record[field] === undefined) return
    this.#edit(replica, id, (draft, standing) => {
      this.#log.write(draft, replica, id, field, undefined, standing.within(field))
      if (field === "notes") {
        for (const { number } of standing.livingChars()) draft.takesBack.push(number)
        this.#takeShown(draft, replica, id, standing, "concurrent")
      }
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
        if (record["steps"] === undefined) this.#log.write(draft, replica, id, "steps", null, standing.within("steps"))
        const wrote = subject.insert(id, at, values)
        const keys = subject.keys(id)
        values.forEach((value, offset) => this.#log.write(draft, replica, id, `steps|${keys[at + offset]}`, value, []))
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
        this.#log.write(draft, replica, id, place, value, standing.at(place))
        return subject.change(id, from, value)
      }
      if (choice < 0.85) {
        this.#log.write(draft, replica, id, place, undefined, standing.at(place))
        return subject.take(id, from)
      }
      const to = this.#random.below(before.length)
      if (to === from) return false
      this.#log.write(draft, replica, id, `${place}|p`, null, standing.at(`${place}|p`))
      this.#log.sayings.moved.add(before[from] ?? "")
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
        // What was removed begins anew, with a write of the whole field.
        const beginsAnew = record["notes"] === undefined && standing.at("notes").length > 0
        if (beginsAnew) this.#log.write(draft, replica, id, "notes", null, standing.at("notes"))
        let wrote = true
        if (isWhole) wrote = subject.update(id, { notes: next })
        else subject.type(id, at, char)
        const into = this.#creationOf.get(subject.textNonce(id))
        const sees = into === undefined ? standing.living : new Set([into])
        if (char !== undefined) this.#log.say(draft, { kind: "char", id, sees, char })
        else {
          const gone = shown[at] ?? ""
          this.#log.sayings.typedAway.set(this.#log.count, gone)
          const said = standing.chars.filter((each) => each.char === gone).map(({ number }) => number)
          // It may show though nobody says it: where a delete met a text that another had begun to type into.
          draft.takesBack.push(...(said.length > 0 ? said : this.#log.sayings.lastOf(id, gone)))
        }
        return wrote
      },
      isWhole,
    )
  }

  #undo(replica: Replica, from: "undoable" | "redoable", to: "undoable" | "redoable", run: () => boolean): void {
    const alive = this.#log.sayings.alive(replica.seen)
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
        const saying = this.#log.sayings.all[number]
        if (saying === undefined || copies.has(number)) continue
        copies.set(number, this.#log.sayings.all.length)
        // Said again by whoever undoes.
        this.#log.say(undone, saying.kind === "write" ? { ...saying, writerClass: replica.writerClass } : saying)
        if (saying.kind === "char") this.#log.sayings.revived.add(saying.char)
      }
    }
    const draft = isDone ? undone : undefined
    if (step === undefined || draft === undefined) {
      this.#log.perform(replica, false, () => run())
      return
    }
    this.#log.perform(replica, false, (own) => {
      own.says.push(...draft.says)
      own.takesBack.push(...draft.takesBack)
      return run()
    })
    replica[to].push(draft)
  }

  #edit(replica: Replica, id: string, run: (draft: Draft, standing: Standing) => boolean, migrates = true): void {
    this.#log.perform(replica, true, (draft) => {
      const standing = this.#log.standing(replica, id)
      const { record } = replica.subject.view(id)
      const title = record?.["title"] as string | undefined
      const labels = migrates && replica.version === 2 && title !== undefined && record?.["label"] === undefined
      if (labels) this.#log.write(draft, replica, id, "label", labelOf(title), standing.at("label"))
      return run(draft, standing)
    })
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
      if (before !== undefined && here !== undefined) this.#log.sayings.order.push([before, here])
      if (here !== undefined && after !== undefined) this.#log.sayings.order.push([here, after])
    }
  }
}

function dropMissing(record: { readonly [K in keyof Creation]: Creation[K] | undefined }): Creation {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))
}
