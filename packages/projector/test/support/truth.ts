import { openRecords, type Records } from "@millrace/model"
import * as Y from "yjs"
import type { Keeper } from "./memory-target.ts"
import type { MemoryRelay } from "./memory-relay.ts"
import { schema } from "./schema.ts"

interface Bound {
  readonly key: string
  readonly target: string
  readonly binding: string
  readonly collections: readonly string[]
  readonly keeper: Keeper
}

/**
 * What a status document may say, worked out from the relay's log and the targets' own memory alone.
 *
 * A record whose last touch a watermark has passed, without an exception about that touch, must be in the target as it
 * is in the merged document; and no watermark may go back.
 */
export class Truth {
  readonly problems: string[] = []
  readonly #workspace: string
  readonly #relay: MemoryRelay
  readonly #bound: readonly Bound[]
  readonly #doc = new Y.Doc()
  readonly #records: Records
  readonly #lastTouch = new Map<string, { readonly name: readonly [string, string]; readonly seq: number }>()
  readonly #highest = new Map<string, number>()
  #applied = 0

  constructor(relay: MemoryRelay, workspace: string, bound: readonly Bound[]) {
    this.#relay = relay
    this.#workspace = workspace
    this.#bound = bound
    this.#records = openRecords(this.#doc, schema)
    let seq = 0
    this.#records.onTouched(({ records }) => {
      for (const { collection, id } of records) {
        this.#lastTouch.set(JSON.stringify([collection, id]), { name: [collection, id], seq })
      }
    })
    this.#advance = () => {
      for (const entry of relay.log(workspace).slice(this.#applied)) {
        seq = entry.seq
        this.#applied = seq
        Y.applyUpdate(this.#doc, entry.update)
      }
    }
    relay.status(`${workspace}~status`).on("afterTransaction", () => this.check())
  }

  readonly #advance: () => void

  get records(): Records {
    this.#advance()
    return this.#records
  }

  /** Names of all records that were ever touched. */
  get names(): readonly (readonly [string, string])[] {
    this.#advance()
    return [...this.#lastTouch.values()].map(({ name }) => name)
  }

  check(): void {
    this.#advance()
    const doc = this.#relay.status(`${this.#workspace}~status`)
    const exceptions = doc.getMap<{ readonly seq: number }>("exceptions")
    for (const bound of this.#bound) {
      const mark = doc.getMap<{ readonly seq: number }>("watermarks").get(bound.key)
      if (mark === undefined) continue
      if (mark.seq < (this.#highest.get(bound.key) ?? 0)) this.problems.push(`${bound.key} went back to ${mark.seq}`)
      this.#highest.set(bound.key, mark.seq)
      for (const { name, seq } of this.#lastTouch.values()) {
        const [collection, id] = name
        if (seq > mark.seq || !bound.collections.includes(collection)) continue
        const exception = exceptions.get(JSON.stringify([bound.target, bound.binding, collection, id]))
        if (exception !== undefined && exception.seq >= seq) continue
        this.#compare(bound, collection, id, seq)
      }
    }
  }

  #compare(bound: Bound, collection: string, id: string, seq: number): void {
    const held =
      bound.keeper.kept.findLast(
        (change) => change.workspace === this.#workspace && change.collection === collection && change.id === id,
      )?.after ?? null
    const merged = this.#records.canonical(collection, id) ?? null
    if (held === merged) return
    this.problems.push(
      `${bound.key} shows ${collection}/${id}, touched at ${seq}, as accepted: the target holds ${held}, merged is ${merged}`,
    )
  }
}
