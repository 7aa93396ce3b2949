import { MillraceError } from "@millrace/ports"
import { ElementHandle } from "./element-handles.ts"
import { type Present, presentElements } from "./fold-elements.ts"
import { noEdits } from "./fold.ts"
import { insertValues, type OpenRun, positionsBetween } from "./plan-list.ts"
import { comparePositions, nameOf, type Position } from "./position.ts"
import type { RecordWriter } from "./record-writer.ts"
import type { Value } from "./value.ts"

/** A list of a record. Places count from 0 in the list as it is now; keys name elements for ever. */
export class ListHandle<T = Value, I = T> extends ElementHandle {
  values(): readonly T[] {
    return (this.shown() ?? []) as readonly T[]
  }

  /** A key for each element, in order: it stays while the element moves and changes. */
  keys(): readonly string[] {
    return this.#present().map(({ name }) => name)
  }

  /** Inserts in a row, before the element that is now at `index`; beyond the end is at the end. */
  insert(index: number, ...values: readonly I[]): boolean {
    const valid = values.map((value) => this.valid(value))
    const place = JSON.stringify([this.id, this.field])
    const { writer } = this
    return writer.writeElements(this.id, this.field, "list", (draft) => {
      const at = clamp(index, draft.present.length)
      const left = draft.present[at - 1]?.position
      const right = draft.present[at]?.position
      const run = writer.runAt(place)
      const positions = positionsBetween(left, right, valid.length, () => writer.store.runId(), run)
      insertValues(draft, valid, positions)
      keepRun(writer, place, positions, run)
    })
  }

  push(...values: readonly I[]): boolean {
    return this.insert(Number.MAX_SAFE_INTEGER, ...values)
  }

  /** Changes the element at `index`, which stays where it is. */
  set(index: number, value: I): boolean {
    const valid = this.valid(value)
    const { name } = this.#at(index)
    return this.writer.writeElements(this.id, this.field, "list", (draft) => draft.write(name, valid))
  }

  /** Moves an element so that it stands at `to` afterwards; a concurrent change of its value is kept. */
  move(from: number, to: number): boolean {
    const moving = this.#at(from)
    if (clamp(to, this.#present().length - 1) === from) return false
    const { writer } = this
    return writer.writeElements(this.id, this.field, "list", (draft) => {
      const others = draft.present.filter(({ name }) => name !== moving.name)
      const at = clamp(to, others.length)
      const newRun = (): string => writer.store.runId()
      const [position] = positionsBetween(others[at - 1]?.position, others[at]?.position, 1, newRun)
      if (position !== undefined) draft.place(moving.name, position)
    })
  }

  /** Removes `count` elements from `index` on; one that is changed elsewhere at the same time survives. */
  remove(index: number, count = 1): boolean {
    const gone = this.#present().slice(index, index + count)
    if (gone.length === 0) return false
    return this.writer.writeElements(this.id, this.field, "list", (draft) => {
      for (const { name } of gone) draft.remove(name)
    })
  }

  #present(): readonly Present[] {
    const folded = this.writer.fold(this.id)
    return presentElements("list", folded.creations, this.field, folded.edits.get(this.field) ?? noEdits) ?? []
  }

  #at(index: number): Present {
    const found = this.#present()[index]
    if (found !== undefined) return found
    throw new MillraceError(`"${this.field}" of "${this.id}" has no element at ${index}.`, { kind: "not-found" })
  }
}

function clamp(index: number, length: number): number {
  return Math.max(0, Math.min(index, length))
}

// Where the new elements joined the open run it grew at one end, else theirs is the open one now.
function keepRun(writer: RecordWriter, place: string, positions: readonly Position[], run: OpenRun | undefined): void {
  const last = positions.at(-1)
  if (last === undefined) return
  const own = positions.filter((position) => runOfPosition(position) === runOfPosition(last))
  const all = run !== undefined && runOfPosition(run.last) === runOfPosition(last) ? [...own, run.first, run.last] : own
  const sorted = [...all].sort(comparePositions)
  writer.keepRun({ place, first: sorted[0] ?? last, last: sorted.at(-1) ?? last })
}

function runOfPosition(position: Position): string {
  return nameOf(position.slice(0, -1))
}
