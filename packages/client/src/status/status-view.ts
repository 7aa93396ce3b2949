import { canonicalJson } from "@millrace/model"
import type * as Y from "yjs"
import type { BindingWatermark, RecordRef } from "../api.ts"
import { type RecordKey, keyOf } from "./record-key.ts"

export interface StatusException {
  readonly kind: "rejected" | "parked" | "conflict"
  /** The log's seq that it is about. */
  readonly seq: number
  readonly reason: string
}

export interface StatusViewChange {
  readonly watermarks: boolean
  readonly exceptions: readonly RecordKey[]
}

const kinds: readonly unknown[] = ["rejected", "parked", "conflict"]

/**
 * The projector's status document, read: root maps `watermarks` and `exceptions`.
 *
 * Entries of a shape that this version does not know are passed over: a record then stays pending, which is pessimistic.
 */
export class StatusView {
  readonly #watermarks: Y.Map<unknown>
  readonly #exceptions: Y.Map<unknown>

  constructor(doc: Y.Doc, onChange: (change: StatusViewChange) => void) {
    this.#watermarks = doc.getMap("watermarks")
    this.#exceptions = doc.getMap("exceptions")
    doc.on("afterTransaction", (transaction: Y.Transaction) => {
      const changed = transaction.changed as Map<unknown, Set<string | null>>
      const watermarks = changed.has(this.#watermarks)
      const exceptions = [...(changed.get(this.#exceptions) ?? [])].flatMap((key) => recordOfException(key))
      if (watermarks || exceptions.length > 0) onChange({ watermarks, exceptions })
    })
  }

  bindings(): readonly BindingWatermark[] {
    return [...this.#watermarks.values()].filter(isWatermark)
  }

  exceptionOf(
    { target, binding }: Pick<BindingWatermark, "target" | "binding">,
    collection: string,
    id: string,
  ): StatusException | undefined {
    if (this.#exceptions.size === 0) return undefined
    const found = this.#exceptions.get(canonicalJson([target, binding, collection, id]))
    return isException(found) ? found : undefined
  }

  /** Every record with an exception. */
  excepted(): readonly RecordRef[] {
    return [...this.#exceptions.keys()].flatMap((key) => nameOfException(key))
  }
}

function nameOfException(key: string | null): readonly RecordRef[] {
  let parts: unknown
  try {
    parts = JSON.parse(key ?? "")
  } catch {
    return []
  }
  if (!Array.isArray(parts)) return []
  const [, , collection, id] = parts as readonly unknown[]
  return typeof collection === "string" && typeof id === "string" ? [{ collection, id }] : []
}

function recordOfException(key: string | null): readonly RecordKey[] {
  return nameOfException(key).map(({ collection, id }) => keyOf(collection, id))
}

function isWatermark(value: unknown): value is BindingWatermark {
  if (typeof value !== "object" || value === null) return false
  const { target, binding, collections, generation, seq } = value as Partial<Record<keyof BindingWatermark, unknown>>
  return (
    typeof target === "string" &&
    typeof binding === "string" &&
    Array.isArray(collections) &&
    typeof generation === "number" &&
    typeof seq === "number"
  )
}

function isException(value: unknown): value is StatusException {
  if (typeof value !== "object" || value === null) return false
  const { kind, seq, reason } = value as Partial<Record<keyof StatusException, unknown>>
  return kinds.includes(kind) && typeof seq === "number" && typeof reason === "string"
}
