import type { RecordWriter } from "./record-writer.ts"
import type { ElementKind, Field } from "./schema.ts"
import { validElement } from "./validate.ts"
import { getOwn, type Value } from "./value.ts"

/** One field of one record, written element by element. Writes return whether anything was written. */
export class ElementHandle {
  protected readonly writer: RecordWriter
  protected readonly id: string
  protected readonly field: string
  readonly #known: Field

  /** @internal Use `Collection.set`, `map` and `list`. */
  constructor(writer: RecordWriter, id: string, field: string, kind: ElementKind) {
    this.writer = writer
    this.id = id
    this.field = field
    this.#known = writer.field(field, kind)
  }

  protected valid(value: unknown): Value {
    return validElement([this.writer.name, this.id], this.field, this.#known, value)
  }

  protected shown(): unknown {
    return getOwn(this.writer.fold(this.id).record ?? {}, this.field)
  }
}

/** A set of a record; every write is one transaction, unless one is open. */
export class SetHandle<T extends string = string> extends ElementHandle {
  /** Sorted; empty where the field or the record is missing. */
  values(): readonly T[] {
    return (this.shown() ?? []) as readonly T[]
  }

  has(element: T): boolean {
    return this.values().includes(element)
  }

  /** What is in the set already costs nothing. */
  add(...elements: readonly T[]): boolean {
    const wanted = new Set(elements.map((element) => this.valid(element) as T))
    return this.#write((present) => new Set([...present, ...wanted]))
  }

  /** Removes what this replica has seen; a concurrent add of the same element elsewhere survives. */
  remove(...elements: readonly T[]): boolean {
    return this.#write((present) => new Set([...present].filter((each) => !elements.includes(each))))
  }

  #write(next: (present: ReadonlySet<T>) => ReadonlySet<T>): boolean {
    return this.writer.writeElements(this.id, this.field, "set", (draft) => {
      const present = new Set(draft.present.map(({ name }) => name as T))
      draft.become(new Map([...next(present)].map((name) => [name, 1])))
    })
  }
}

/** A map of a record. */
export class MapHandle<T = Value, I = T> extends ElementHandle {
  entries(): Readonly<Record<string, T>> {
    return (this.shown() ?? {}) as Readonly<Record<string, T>>
  }

  get(key: string): T | undefined {
    const entries = this.entries()
    return Object.hasOwn(entries, key) ? entries[key] : undefined
  }

  set(key: string, value: I): boolean {
    const valid = this.valid(value)
    return this.#write((present) => void present.set(key, valid))
  }

  /** Removes what this replica has seen; a concurrent write to the same key elsewhere survives. */
  remove(key: string): boolean {
    return this.#write((present) => void present.delete(key))
  }

  #write(step: (present: Map<string, Value>) => void): boolean {
    return this.writer.writeElements(this.id, this.field, "map", (draft) => {
      const next = new Map(draft.present.map(({ name, value }) => [name, value]))
      step(next)
      draft.become(next)
    })
  }
}
