import { keyOfText, type LogRecord, type StoreChange, textOfKey } from "@millrace/indexeddb"
import { type Collection, getOwn, type PlainRecord } from "@millrace/model"
import { MillraceError } from "@millrace/ports"
import type { ShareEvent } from "./share-options.ts"
import { differingFields, fieldsOfRow, type RowFields } from "./row-values.ts"
import type { SharedStore } from "./stores-side.ts"

export interface RowDrainOptions {
  readonly collectionOf: (store: SharedStore) => Collection
  readonly upgrades: "unless-edited" | "edits"
  readonly tell: (event: ShareEvent) => void
  /** The row is to be compared with the record, because they may differ now. */
  readonly recheck: (store: SharedStore, id: string) => void
  /** Whether the writer of a whole row may not have seen what a write-back put there. */
  readonly isStale: (store: SharedStore, id: string, field: string, value: unknown, atMs: number) => boolean
  /** Fields that the schema refused stay in the row alone, until they are written well. */
  readonly refused: (store: SharedStore, id: string, field: string, isRefused: boolean) => void
}

/**
 * Takes changes of rows as edits of records.
 *
 * What is written is the difference between the row that was there and the row that is, never the difference from the record: that may hold
 * what a colleague wrote and this person had not seen.
 */
export class RowDrain {
  readonly #options: RowDrainOptions

  constructor(options: RowDrainOptions) {
    this.#options = options
  }

  take(store: SharedStore, change: StoreChange, { upgrade, atMs }: Pick<LogRecord, "upgrade" | "atMs">): void {
    const { collectionOf, tell } = this.#options
    const collection = collectionOf(store)
    const id = textOfKey(change.key)
    const record = collection.get(id)
    const isUpgrade = upgrade !== undefined && this.#options.upgrades === "unless-edited"
    const after = "after" in change ? fieldsOfRow(change.after, store.keyPath) : undefined
    const before = "before" in change ? fieldsOfRow(change.before, store.keyPath).fields : undefined
    for (const [field, type] of Object.entries(after?.kept ?? {})) {
      tell({ kind: "kept", store: store.name, key: change.key, field, type })
    }
    if (after === undefined) this.#delete(store, collection, id, record, before, isUpgrade)
    else if (record === undefined) this.#create(store, collection, id, after, before !== undefined)
    else this.#edit(store, collection, id, record, before, after, isUpgrade, atMs)
  }

  /** A row that was found to differ, with nothing known of what was there. */
  takeFound(store: SharedStore, id: string, row: unknown, atMs: number): void {
    const change: StoreChange = { op: "update", store: store.name, key: keyOfText(id), after: row, isExact: false }
    this.take(store, change, { atMs })
  }

  #create(store: SharedStore, collection: Collection, id: string, after: RowFields, existed: boolean): void {
    if (existed) this.#options.tell({ kind: "revived", store: store.name, key: keyOfText(id) })
    this.#write(store, id, after.fields, (fields) => collection.put(id, fields as PlainRecord))
  }

  #edit(
    store: SharedStore,
    collection: Collection,
    id: string,
    record: PlainRecord,
    before: RowFields["fields"] | undefined,
    after: RowFields,
    isUpgrade: boolean,
    atMs: number,
  ): void {
    const base = before ?? (isUpgrade ? {} : record)
    const patch: Record<string, unknown> = {}
    const differing = differingFields(base, after.fields)
    const stale = differing.filter((field) => {
      return this.#options.isStale(store, id, field, getOwn(after.fields, field), atMs)
    })
    // Who puts back nothing but what was there before means to.
    const isStalePage = stale.length > 0 && stale.length < differing.length
    if (isStalePage) this.#options.recheck(store, id)
    for (const field of differing) {
      if (isStalePage && stale.includes(field)) continue
      // Everybody's upgrade writes the same: it must not beat what somebody wrote since.
      if (isUpgrade && differingFields({ f: getOwn(base, field) }, { f: getOwn(record, field) }).length > 0) {
        this.#options.recheck(store, id)
        continue
      }
      Object.defineProperty(patch, field, {
        value: getOwn(after.fields, field),
        enumerable: true,
        configurable: true,
        writable: true,
      })
    }
    if (Object.keys(patch).length === 0) return
    this.#write(store, id, patch, (fields) => collection.update(id, fields as PlainRecord))
  }

  #delete(
    store: SharedStore,
    collection: Collection,
    id: string,
    record: PlainRecord | undefined,
    before: RowFields["fields"] | undefined,
    isUpgrade: boolean,
  ): void {
    if (record === undefined || isUpgrade) return
    const isUnseen = before !== undefined && differingFields(before, record).length > 0
    if (isUnseen) {
      this.#revive(store, id)
      return
    }
    try {
      collection.delete(id)
    } catch (cause) {
      if (!(cause instanceof MillraceError)) throw cause
      this.#options.tell({ kind: "refused", store: store.name, key: keyOfText(id), field: "", cause })
      this.#options.recheck(store, id)
    }
  }

  #revive(store: SharedStore, id: string): void {
    this.#options.tell({ kind: "revived", store: store.name, key: keyOfText(id) })
    this.#options.recheck(store, id)
  }

  /** All fields at once, or, where the schema refuses that, those that it takes. */
  #write(
    store: SharedStore,
    id: string,
    fields: RowFields["fields"],
    write: (fields: RowFields["fields"]) => void,
  ): void {
    const { refused, tell } = this.#options
    try {
      write(fields)
      for (const field of Object.keys(fields)) refused(store, id, field, false)
      return
    } catch (thrown) {
      if (!(thrown instanceof MillraceError)) throw thrown
    }
    const good: Record<string, unknown> = {}
    for (const [field, value] of Object.entries(fields)) {
      const alone = { ...good, [field]: value }
      try {
        write(alone)
        good[field] = value
        refused(store, id, field, false)
      } catch (cause) {
        if (!(cause instanceof MillraceError)) throw cause
        refused(store, id, field, true)
        tell({ kind: "refused", store: store.name, key: keyOfText(id), field, cause })
      }
    }
  }
}
