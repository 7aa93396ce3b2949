import {
  type ActionRequest,
  type ActionResult,
  type Batch,
  type Change,
  type Observation,
  type ObservedRecord,
  type Receipt,
  sortedJson,
  type StateTarget,
} from "@millrace/target"

type Fields = Record<string, unknown>

interface Held {
  fields: Fields
  owner: "ours" | "foreign"
}

export interface ScriptedOptions {
  readonly name?: string
  /** What the server makes of fields that it is given. */
  readonly normalise?: (fields: Fields) => Fields
  readonly apply?: (batch: Batch, usual: () => readonly Receipt[]) => Promise<readonly Receipt[]> | readonly Receipt[]
  readonly act?: (request: ActionRequest) => ActionResult | Promise<ActionResult>
  readonly fieldsOf?: readonly string[]
  readonly maxBatchChanges?: number
}

/** A state target in memory that people change by hand, as they do in a real one. */
export class ScriptedState {
  readonly records = new Map<string, Held>()
  readonly batches: Batch[] = []
  readonly acted: ActionRequest[] = []
  looks = 0
  complete = true
  readonly target: StateTarget
  readonly #options: ScriptedOptions

  constructor(options: ScriptedOptions = {}) {
    this.#options = options
    const { act } = options
    this.target = {
      name: options.name ?? "sink",
      kind: "scripted",
      shape: "state",
      createIsIdempotent: true,
      limits: { maxBatchChanges: options.maxBatchChanges ?? 50, maxBatchBytes: 1_000_000 },
      ...(options.fieldsOf === undefined ? {} : { fieldsOf: () => options.fieldsOf }),
      plan: (batch) =>
        Promise.resolve(
          batch.changes.map((change) => {
            const { collection, id, after } = change
            const held = this.records.get(key(change))
            const now = held === undefined ? null : sortedJson(held.fields)
            const action = after === now ? "none" : after === null ? "delete" : held === undefined ? "create" : "update"
            return { collection, id, action, summary: `${action} ${id}` }
          }),
        ),
      apply: async (batch) => {
        this.batches.push(batch)
        const usual = (): readonly Receipt[] => batch.changes.map((change) => this.take(change))
        return (await options.apply?.(batch, usual)) ?? usual()
      },
      observe: (scope) => Promise.resolve(this.#observe(scope.records, scope.collections)),
      adopt: (scope) => Promise.resolve(this.#observe(undefined, scope.collections)),
      check: () => Promise.resolve({ ok: true, detail: "scripted" }),
      close: () => Promise.resolve(),
      ...(act === undefined
        ? {}
        : {
            actions: [{ name: "run", collections: ["notes"], summary: "runs it" }],
            act: async (request: ActionRequest) => {
              this.acted.push(request)
              return act(request)
            },
          }),
    }
  }

  /** Somebody at the target changes a record. */
  edit(id: string, fields: Fields, collection = "notes", owner: Held["owner"] = "ours"): void {
    const held = this.records.get(key({ collection, id }))
    this.records.set(key({ collection, id }), { fields: { ...held?.fields, ...fields }, owner: held?.owner ?? owner })
  }

  remove(id: string, collection = "notes"): void {
    this.records.delete(key({ collection, id }))
  }

  get(id: string, collection = "notes"): Fields | undefined {
    return this.records.get(key({ collection, id }))?.fields
  }

  /** Changes that arrived, in order. */
  get taken(): readonly Change[] {
    return this.batches.flatMap(({ changes }) => changes)
  }

  take(change: Change): Receipt {
    const { eventId } = change
    if (change.after === null) {
      this.records.delete(key(change))
      return { outcome: "accepted", eventId }
    }
    const given = JSON.parse(change.after) as Fields
    const fields = this.#options.normalise?.(given) ?? given
    this.records.set(key(change), { fields, owner: this.records.get(key(change))?.owner ?? "ours" })
    return { outcome: "accepted", eventId, observed: sortedJson(fields) }
  }

  #observe(
    names: readonly { readonly collection: string; readonly id: string }[] | undefined,
    collections: readonly string[],
  ): Observation {
    this.looks++
    const records: ObservedRecord[] = []
    for (const [text, { fields, owner }] of this.records) {
      const [collection, id] = JSON.parse(text) as [string, string]
      const isAsked = names === undefined || names.some((one) => one.collection === collection && one.id === id)
      if (isAsked && collections.includes(collection)) {
        records.push({ collection, id, fields: sortedJson(fields), owner })
      }
    }
    return { records, complete: this.complete }
  }
}

function key({ collection, id }: { readonly collection: string; readonly id: string }): string {
  return JSON.stringify([collection, id])
}
