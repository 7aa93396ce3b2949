import { MillraceError } from "@millrace/ports"
import type { Text } from "yjs"
import type { BagStore } from "./bag-store.ts"
import type { Folded } from "./fold.ts"
import { noEdits } from "./fold.ts"
import { type FoldedText, foldText, textName, type TextSource } from "./fold-text.ts"
import { ElementDraft } from "./plan-elements.ts"
import { localOrigin } from "./origin.ts"
import type { OpenRun } from "./plan-list.ts"
import type { WritePlan } from "./plan-parts.ts"
import { isNothing, nothingToWrite, planEdit, planEdits } from "./plan.ts"
import { sameValue } from "./canonical.ts"
import { sha256Hex } from "./hash.ts"
import type { ElementKind, Field } from "./schema.ts"
import type { TextPlace } from "./text-store.ts"
import { getOwn } from "./value.ts"

/** Writes to the records of one collection, on the state that the migrations made. */
export class RecordWriter {
  readonly name: string
  readonly store: BagStore
  readonly #fields: Readonly<Record<string, Field>>
  #run: OpenRun | undefined

  constructor(store: BagStore, name: string) {
    this.name = name
    this.store = store
    this.#fields = getOwn(store.schema.collections, name)?.fields ?? {}
  }

  fold(id: string): Folded {
    return this.store.index(this.name).fold(id)
  }

  existing(id: string): Folded {
    const folded = this.fold(id)
    if (folded.record !== undefined) return folded
    throw new MillraceError(`There is no record "${id}" in "${this.name}". Create it with put.`, { kind: "not-found" })
  }

  /** The field, of the kind that is asked for; throws `unsupported` where it is another. */
  field(name: string, kind: Field["kind"]): Field {
    const field = getOwn(this.#fields, name)
    if (field?.kind === kind) return field
    throw new MillraceError(
      `"${this.name}.${name}" is ${field === undefined ? "no field of the schema" : `a ${field.kind}`}, not a ${kind}.`,
      { kind: "unsupported" },
    )
  }

  /**
   * Carries out what `plan` makes of a living record.
   *
   * What migrations only show is written first, so that a write to one element does not hide the others. Old fields
   * stay, for clients that know no newer ones.
   */
  write(id: string, plan: (folded: Folded) => WritePlan): boolean {
    const folded = this.existing(id)
    const { raw, record } = folded
    const first = plan(folded)
    if (raw === record || raw === undefined || record === undefined || isNothing(first)) {
      return this.store.write(this.name, id, first)
    }
    const shown = Object.entries(record).filter(([field, value]) => !sameValue(getOwn(raw, field), value))
    // The same on every replica: what two of them write apart must not stand there twice.
    const newRun = (): string => sha256Hex(folded.canonical ?? "").slice(0, 12)
    return this.store.doc.transact(() => {
      this.store.write(this.name, id, planEdits(id, folded, shown, newRun))
      return this.store.write(this.name, id, plan(this.fold(id)))
    }, localOrigin)
  }

  writeElements(id: string, field: string, kind: ElementKind, step: (draft: ElementDraft) => void): boolean {
    return this.write(id, (folded) => {
      const draft = new ElementDraft(id, folded, field, kind)
      step(draft)
      return draft.isIdle ? nothingToWrite : draft
    })
  }

  /** The run that goes on at this place; kept for the last place only. */
  runAt(place: string): OpenRun | undefined {
    return this.#run?.place === place ? this.#run : undefined
  }

  keepRun(run: OpenRun): void {
    this.#run = run
  }

  /** The shared text of a field; undefined where it is a string still. */
  typedText(id: string, field: string): Text | undefined {
    const { source } = this.#foldText(this.existing(id), field)
    return source === undefined ? undefined : this.store.texts.get(this.#textPlace(id, field, source))
  }

  /** The shared text of a field, made where nobody typed yet. */
  text(id: string, field: string): Text {
    const folded = this.existing(id)
    const { value } = this.#foldText(folded, field)
    const isRemoved = value === undefined && (folded.edits.get(field)?.whole.length ?? 0) > 0
    // A field that was removed begins anew and empty, with the entry that brings it back.
    if (isRemoved) this.store.write(this.name, id, planEdit(id, folded, field, ""))
    const { source } = this.#foldText(this.existing(id), field)
    if (source === undefined) throw new Error("a record without creations")
    return this.store.openText(this.#textPlace(id, field, source), source.first ?? "")
  }

  #foldText(folded: Folded, field: string): FoldedText {
    return foldText(folded.creations, field, folded.edits.get(field) ?? noEdits, folded.texts)
  }

  #textPlace(id: string, field: string, { source }: TextSource): TextPlace {
    return { collection: this.name, id, name: textName(source, field) }
  }
}
