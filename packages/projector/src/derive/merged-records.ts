import { canonicalJson, classOfClient, openRecords, type Schema } from "@millrace/model"
import type * as Y from "yjs"
import type { RecordName } from "../journal/entry.ts"

/** The merged state of a workspace, as much of it as deriving needs. */
export interface MergedRecords {
  /** Every existing record of the schema's collections. */
  names(): Iterable<RecordName>
  /** Whether the schema has the collection: what it does not know gets no versions. */
  knows(collection: string): boolean
  /** The record's fields as canonical JSON text; undefined where it does not exist. */
  canonical(collection: string, id: string): string | undefined
  /** Why the record breaks the schema, in one line; undefined where it is valid. */
  invalid(collection: string, id: string): string | undefined
  /** Records that changed ones are judged together with, since this was asked last: they may be valid or not anew. */
  takeRelated(): readonly RecordName[]
  /** Fields in which a write-back lost to a write that had not seen it, with its value as canonical JSON text. */
  contested(collection: string, id: string): Readonly<Record<string, string | null>>
  /** Hears of each record whose entries a transaction changed, whether or not its value did. */
  onTouched(listener: (collection: string, id: string) => void): () => void
  /** Records that an applied update names: also those whose entries came and went within it. */
  namedIn(update: Uint8Array): Iterable<RecordName>
  destroy(): void
}

// A reason is for people; the full list stands in the browser beside the record.
const maxReasonChars = 500

/** Opens the records of a document; one at a time for each document. */
export function openMergedRecords(doc: Y.Doc, schema: Schema): MergedRecords {
  const records = openRecords(doc, schema)
  const known = Object.keys(schema.collections).sort()
  let related = new Map<string, RecordName>()
  if ((schema.units ?? []).length > 0) {
    records.onChange((changes) => {
      for (const { collection, id } of records.unitsTouchedBy(changes)) {
        related.set(JSON.stringify([collection, id]), [collection, id])
      }
    })
  }
  return {
    *names() {
      for (const collection of known) {
        for (const id of records.collection(collection).ids()) yield [collection, id]
      }
    },
    knows: (collection) => Object.hasOwn(schema.collections, collection),
    canonical: (collection, id) => records.canonical(collection, id),
    invalid: (collection, id) => {
      const reasons = records.check(collection, id)
      if (reasons.length === 0) return undefined
      const text = reasons.map(({ field, reason }) => `${field}: ${reason}`).join("; ")
      return text.length > maxReasonChars ? `${text.slice(0, maxReasonChars - 1)}…` : text
    },
    takeRelated: () => {
      const taken = [...related.values()]
      related = new Map<string, RecordName>()
      return taken
    },
    contested: (collection, id) => {
      const fields: Record<string, string | null> = {}
      for (const { field, element, candidates } of records.collection(collection).concurrent(id)) {
        const [winner, ...others] = candidates
        const lost = others.find(({ client }) => classOfClient(client) === 0)
        if (element !== null || winner === undefined || lost === undefined || classOfClient(winner.client) === 0)
          continue
        fields[field] = lost.value === undefined ? null : canonicalJson(lost.value)
      }
      return fields
    },
    onTouched: (listener) =>
      records.onTouched((touched) => {
        for (const { collection, id } of touched.records) listener(collection, id)
      }),
    *namedIn(update) {
      for (const { collection, id } of records.namedIn([update]).records) {
        if (collection !== undefined) yield [collection, id]
        // What the entry stood beside is gone since the relay compacted it: it may be of any collection.
        else for (const each of known) yield [each, id]
      }
    },
    destroy: () => records.destroy(),
  }
}
