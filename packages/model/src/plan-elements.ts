import type { BagEntry } from "./bag-entry.ts"
import { sameValue } from "./canonical.ts"
import { type Folded, noEdits } from "./fold.ts"
import { basesOf, type Present, presentElements } from "./fold-elements.ts"
import { editText, nextStamp, tagsOf, type WritePlan } from "./plan-parts.ts"
import type { Position } from "./position.ts"
import type { ElementKind } from "./schema.ts"
import type { Value } from "./value.ts"

/** A write to elements of one field, put together step by step. Each element is written or removed at most once. */
export class ElementDraft implements WritePlan {
  readonly append: string[] = []
  readonly supersede: BagEntry[] = []
  /** The elements that were there before the write, in their order. */
  readonly present: readonly Present[]
  readonly #id: string
  readonly #folded: Folded
  readonly #field: string
  readonly #kind: ElementKind
  readonly #stamp: number
  readonly #tags: readonly string[]
  #steps = 0

  constructor(id: string, folded: Folded, field: string, kind: ElementKind) {
    this.#id = id
    this.#folded = folded
    this.#field = field
    this.#kind = kind
    this.#tags = tagsOf(folded)
    const { whole, elements } = this.#edits
    this.#stamp = nextStamp([...whole, ...elements])
    const present = presentElements(kind, folded.creations, field, this.#edits)
    this.present = present ?? []
    if (present !== undefined) return
    // The field comes into being, also where it stays empty.
    this.#write(null, "value", {})
    this.supersede.push(...[...whole, ...elements].map(({ at }) => at))
  }

  /** True while no element was written or removed. */
  get isIdle(): boolean {
    return this.#steps === 0
  }

  write(element: string, value: Value): void {
    this.#seen(element, "value")
    this.#write(element, "value", value)
  }

  place(element: string, position: Position): void {
    this.#seen(element, "position")
    this.#write(element, "position", position)
  }

  /** Its place stays: who wrote the element at the same time, and so keeps it, finds it where it was. */
  remove(element: string): void {
    this.#seen(element, "value")
    const bases = basesOf(this.#kind, this.#folded.creations, this.#field, this.#edits)
    // What no base holds is gone with the entries that added it.
    if (bases.some(({ elements }) => Object.hasOwn(elements, element))) this.#write(element, "value", undefined)
  }

  /** Makes a set or map have exactly these elements. */
  become(wanted: ReadonlyMap<string, Value>): void {
    const had = new Map(this.present.map(({ name, value }) => [name, value]))
    for (const [name, value] of wanted) {
      const isAlready = had.has(name) && (this.#kind === "set" || sameValue(had.get(name), value))
      if (!isAlready) this.write(name, value)
    }
    for (const name of had.keys()) if (!wanted.has(name)) this.remove(name)
  }

  get #edits(): typeof noEdits {
    return this.#folded.edits.get(this.#field) ?? noEdits
  }

  #seen(element: string, part: "value" | "position"): void {
    this.#steps++
    for (const { at, entry } of this.#edits.elements) {
      if (entry.element === element && entry.part === part) this.supersede.push(at)
    }
  }

  #write(element: string | null, part: "value" | "position", value: Value | undefined): void {
    const edit = { id: this.#id, tags: this.#tags, stamp: this.#stamp, field: this.#field, element, part, value }
    this.append.push(editText(edit))
  }
}
