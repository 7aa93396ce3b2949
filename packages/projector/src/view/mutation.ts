import { type Binding, covers } from "../binding.ts"
import { applyForm } from "./apply-form.ts"
import { OperationSteps } from "./operation-steps.ts"
import { BaseSteps } from "./base-steps.ts"
import type {
  Contested,
  Derived,
  DerivedRecord,
  InvalidRecord,
  JournalEntry,
  Receipts,
  RecordName,
} from "../journal/entry.ts"
import type { Reconciled } from "../journal/two-way-entries.ts"
import { recordKey } from "./keys.ts"
import { Lanes, type NewItem } from "./lanes.ts"
import type { InvalidMark, RecordRow } from "./rows.ts"
import { isLiving } from "./rows.ts"
import type { Tables } from "./tables.ts"

/** One transaction's worth of journal entries, applied. Deterministic: the same entries give the same rows. */
export class Mutation {
  readonly #tables: Tables
  readonly #lanes: Lanes
  readonly #bases: BaseSteps
  readonly #operations: OperationSteps
  readonly #changed = new Map<string, RecordName[]>()
  #bindings: readonly Binding[]

  constructor(tables: Tables, bindings: readonly Binding[]) {
    this.#tables = tables
    this.#bindings = bindings
    this.#lanes = new Lanes(tables)
    this.#bases = new BaseSteps(tables, this.#lanes)
    this.#operations = new OperationSteps(tables, this.#lanes, this.#bases)
  }

  get changed(): ReadonlyMap<string, readonly RecordName[]> {
    return this.#changed
  }

  apply(entry: JournalEntry): void {
    switch (entry.kind) {
      case "born":
      case "took":
        return
      case "derived":
        return this.#derived(entry)
      case "receipts":
        return this.#receipts(entry)
      case "bindings":
        return this.#rebind(entry.bindings)
      case "reconciled":
        return this.#reconciled(entry)
      case "intended":
        for (const { collection, id, ...intent } of entry.intents) {
          this.#bases.intend(entry.binding, entry.workspace, collection, id, intent)
        }
        return
      case "writer":
        this.#tables.writers.putSync([entry.workspace, entry.generation], entry.client)
        return
      case "form":
        return applyForm(this.#tables)
      case "paused":
      case "confirmed":
      case "retried":
      case "dropped":
      case "released":
      case "acted":
        return this.#operate(entry)
    }
  }

  #operate(entry: Parameters<OperationSteps["apply"]>[0]): void {
    const binding = "binding" in entry ? this.#bindings.find(({ name }) => name === entry.binding) : undefined
    const touched = this.#operations.apply(entry, binding)
    if (!("workspace" in entry)) return
    this.#touch(entry.workspace)
    for (const [collection, id] of touched) {
      const record = this.#tables.records.get(recordKey(entry.workspace, collection, id))
      if (record === undefined) this.#touch(entry.workspace, [collection, id])
      else this.#reviewException(entry.workspace, record)
    }
  }

  #reconciled(entry: Reconciled): void {
    const { workspace } = entry
    const binding = this.#bindings.find(({ name }) => name === entry.binding)
    this.#touch(workspace)
    if (binding === undefined || binding.removed || binding.revision !== entry.revision) return
    for (const item of entry.items) {
      const record = this.#tables.records.get(recordKey(workspace, item.collection, item.id))
      this.#bases.reconcile(binding, workspace, item, record)
      if (record !== undefined) this.#reviewException(workspace, record)
      else this.#touch(workspace, [item.collection, item.id])
    }
  }

  /** Writes what was kept in memory; to be called once, at the end of the transaction. */
  finish(): void {
    this.#lanes.finish()
  }

  #derived(entry: Derived): void {
    const { workspace } = entry
    this.#touch(workspace)
    const known = this.#tables.positions.get([workspace])
    const restarted = known !== undefined && entry.generation > known.generation
    if (restarted) {
      // Seqs of the former generation say nothing in the new one: what is outstanding holds the whole watermark.
      for (const binding of this.#bindings) this.#lanes.holdAll(binding.name, workspace)
      this.#tables.positions.putSync([workspace], { generation: entry.generation, seq: 0 })
    }
    const position = known === undefined || restarted ? 0 : known.seq
    for (const record of entry.records) this.#step(entry, record, position)
    for (const record of entry.invalid) this.#invalidate(entry, record)
    for (const [collection, id] of entry.mended) this.#mend(workspace, collection, id)
    for (const [collection, id, seq] of entry.seen) this.#see(workspace, collection, id, seq)
    for (const { collection, id, fields } of entry.contested ?? []) this.#contest(workspace, collection, id, fields)
    for (const landed of entry.landed ?? []) this.#bases.land(workspace, landed)
    if (entry.position !== null) {
      this.#tables.positions.putSync([workspace], { generation: entry.generation, seq: entry.position })
    }
  }

  #step(entry: Derived, step: DerivedRecord, position: number): void {
    const { workspace } = entry
    const key = recordKey(workspace, step.collection, step.id)
    const old = this.#tables.records.get(key)
    const { op, automatic, ...state } = step
    const contested = old?.contested
    const row: RecordRow = {
      ...state,
      generation: entry.generation,
      invalid: null,
      ...(contested === undefined ? {} : { contested }),
    }
    const item: NewItem = {
      ...state,
      op,
      generation: entry.generation,
      before: old?.after ?? null,
      // A change found at the start, that no entry after the position explains, must not pull the watermark back.
      from: Math.max(step.seqFrom, position + 1),
      baseline: 0,
    }
    for (const binding of this.#covering(workspace, step.collection)) {
      if (automatic !== true) this.#bases.edited(binding, workspace, step.collection, step.id, old)
      if (binding.mode !== "published") this.#lanes.add(binding, workspace, item, old, row)
      else this.#operations.drafted(binding.name, workspace, old, row)
    }
    this.#tables.records.putSync(key, row)
    // A new version ends exceptions or is what they are about now; it never makes one.
    if (this.#tables.exceptions.doesExist(key)) this.#reviewException(workspace, row)
  }

  #invalidate(entry: Derived, found: InvalidRecord): void {
    const { workspace } = entry
    const { collection, id } = found
    const key = recordKey(workspace, collection, id)
    const old = this.#tables.records.get(key)
    const invalid: InvalidMark = { reason: found.reason, seq: found.seq, timeMs: found.timeMs }
    const row: RecordRow = old === undefined ? neverValid(entry, found, invalid) : { ...old, invalid }
    this.#replace(workspace, old, row)
    this.#see(workspace, collection, id, found.seq)
  }

  #contest(workspace: string, collection: string, id: string, fields: Contested["fields"]): void {
    const key = recordKey(workspace, collection, id)
    const old = this.#tables.records.get(key)
    if (old === undefined) return
    const { contested: _, ...row } = old
    this.#tables.records.putSync(key, Object.keys(fields).length === 0 ? row : { ...row, contested: fields })
    this.#touch(workspace, [collection, id])
  }

  #mend(workspace: string, collection: string, id: string): void {
    const key = recordKey(workspace, collection, id)
    const old = this.#tables.records.get(key)
    if (old === undefined || old.invalid === null) return
    const row: RecordRow = { ...old, invalid: null }
    this.#replace(workspace, old, row)
    if (row.version === 0) this.#tables.records.removeSync(key)
  }

  #see(workspace: string, collection: string, id: string, seq: number): void {
    for (const binding of this.#covering(workspace, collection)) {
      this.#lanes.see(binding.name, workspace, collection, id, seq)
    }
    this.#touch(workspace, [collection, id])
  }

  #replace(workspace: string, old: RecordRow | undefined, row: RecordRow): void {
    for (const binding of this.#covering(workspace, row.collection)) {
      this.#lanes.recount(binding.name, workspace, row.collection, row.id, old, row)
    }
    this.#tables.records.putSync(recordKey(workspace, row.collection, row.id), row)
    this.#reviewException(workspace, row)
  }

  #receipts(entry: Receipts): void {
    const { workspace } = entry
    const binding = this.#bindings.find((one) => one.name === entry.binding)
    this.#touch(workspace)
    // Answers to what an earlier revision sent say nothing about what is outstanding now.
    if (binding === undefined || binding.removed || binding.revision !== entry.revision) return
    for (const [collection, id, version, applied] of entry.accepted) {
      const record = this.#tables.records.get(recordKey(workspace, collection, id))
      this.#lanes.accept(binding, workspace, collection, id, version, record)
      if (applied !== undefined) this.#bases.confirm(binding.name, workspace, collection, id, version, applied)
    }
    for (const failed of entry.failed) {
      const record = this.#tables.records.get(recordKey(workspace, failed.collection, failed.id))
      this.#lanes.fail(binding, workspace, failed, record)
      if (record !== undefined) this.#reviewException(workspace, record)
    }
  }

  #rebind(next: readonly Binding[]): void {
    const before = new Map(this.#bindings.map((binding) => [binding.name, binding]))
    this.#bindings = next
    this.#tables.meta.putSync("bindings", next)
    this.#lanes.counter.know(next)
    const revised = next.filter((binding) => {
      const old = before.get(binding.name)
      return old === undefined || old.revision !== binding.revision || old.removed !== binding.removed
    })
    if (revised.length === 0) return
    for (const { key, value } of this.#tables.records.getRange()) {
      const workspace = String(key[0])
      for (const binding of revised) this.#coverAnew(before.get(binding.name), binding, workspace, value)
      this.#reviewException(workspace, value)
    }
    for (const { key } of this.#tables.positions.getRange()) this.#touch(String(key[0]))
  }

  #coverAnew(old: Binding | undefined, binding: Binding, workspace: string, record: RecordRow): void {
    const was = old !== undefined && covers(old, workspace, record.collection)
    const is = covers(binding, workspace, record.collection)
    // Another target knows nothing of what this one was sent.
    const kept = was && is && old.target === binding.target && old.shape === binding.shape && old.mode === binding.mode
    if (kept) return
    if (was) {
      this.#lanes.drop(binding.name, workspace, record)
      this.#bases.forget(binding.name, workspace, record.collection, record.id)
      this.#operations.forget(binding.name, workspace, record)
    }
    if (!is) return
    if (binding.mode === "published") return this.#operations.drafted(binding.name, workspace, undefined, record)
    if (record.hash !== null) {
      const asItHappened = record.version === 1
      const item: NewItem = {
        ...record,
        op: "add",
        before: null,
        from: record.seqFrom,
        baseline: asItHappened ? 0 : binding.revision,
      }
      this.#lanes.add(binding, workspace, item, undefined, record)
    } else if (isLiving(record)) {
      this.#lanes.recount(binding.name, workspace, record.collection, record.id, undefined, record)
    }
  }

  /** Keeps the index of exceptions in step with the record and its lanes. */
  #reviewException(workspace: string, record: RecordRow): void {
    const { collection, id } = record
    const key = recordKey(workspace, collection, id)
    const stands =
      record.invalid !== null ||
      this.#covering(workspace, collection).some((binding) =>
        this.#lanes.hasException(binding.name, workspace, collection, id),
      )
    if (stands) this.#tables.exceptions.putSync(key, [collection, id])
    else if (!this.#tables.exceptions.removeSync(key)) return
    this.#touch(workspace, [collection, id])
  }

  #covering(workspace: string, collection: string): readonly Binding[] {
    return this.#bindings.filter((binding) => covers(binding, workspace, collection))
  }

  #touch(workspace: string, name?: RecordName): void {
    const names = this.#changed.get(workspace) ?? []
    if (name !== undefined) names.push(name)
    this.#changed.set(workspace, names)
  }
}

function neverValid(entry: Derived, found: InvalidRecord, invalid: InvalidMark): RecordRow {
  return {
    collection: found.collection,
    id: found.id,
    version: 0,
    hash: null,
    after: null,
    author: "",
    timeMs: found.timeMs,
    seqFrom: found.seq,
    seq: found.seq,
    generation: entry.generation,
    invalid,
  }
}
