import { type LogRecord, sameClone, textOfKey } from "@millrace/indexeddb"
import { getOwn } from "@millrace/model"
import { differingFields, fieldsOfRow } from "./row-values.ts"
import type { SharedStore } from "./stores-side.ts"

/** A page that has not read a row again for this long is taken at its word. */
const memoryMs = 600_000
const maxRows = 10_000

interface Replaced {
  readonly value: unknown
  readonly atMs: number
}

/**
 * What write-backs replaced, to know a stale page by: one that read a row before a colleague's value came into it, and now puts
 * the whole row.
 */
export class RecentWriteBacks {
  readonly #rows = new Map<string, Map<string, Replaced>>()

  /** Notes what a record of the log says was written back. */
  note(stores: readonly SharedStore[], { changes, atMs, remote }: LogRecord): void {
    if (!remote) return
    for (const change of changes) {
      const store = stores.find(({ name }) => name === change.store)
      if (store === undefined || change.op !== "update" || !("before" in change)) continue
      const before = fieldsOfRow(change.before, store.keyPath).fields
      const after = fieldsOfRow(change.after, store.keyPath).fields
      const row = nameOf(store, textOfKey(change.key))
      const known = this.#rows.get(row) ?? new Map<string, Replaced>()
      // The latest come last, so that the oldest go first.
      this.#rows.delete(row)
      this.#rows.set(row, known)
      for (const field of differingFields(before, after)) known.set(field, { value: getOwn(before, field), atMs })
    }
    for (const oldest of this.#rows.keys()) {
      if (this.#rows.size <= maxRows) break
      this.#rows.delete(oldest)
    }
  }

  /** Whether `value` is what stood there before a write-back, so that its writer may not have seen that. */
  isStale(store: SharedStore, id: string, field: string, value: unknown, atMs: number): boolean {
    const replaced = this.#rows.get(nameOf(store, id))?.get(field)
    return replaced !== undefined && atMs - replaced.atMs < memoryMs && sameClone(replaced.value, value)
  }
}

function nameOf(store: SharedStore, id: string): string {
  return `${store.name}/${id}`
}
