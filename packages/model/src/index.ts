export type { Unreadable } from "./bag-index.ts"
export { localOrigin } from "./bag-store.ts"
export { canonicalForm, canonicalJson, maxDepth, sameValue } from "./canonical.ts"
export { parseCanonical } from "./canonical-parse.ts"
export type { RecordChange, RecordName, Touched } from "./change.ts"
export { classOfClient, redrawReservedClientId, reservedClientIds } from "./client-id.ts"
export { Collection, type Patch } from "./collection.ts"
export { maxEntryChars } from "./entry.ts"
export { exportRecords, exportText, type Exported } from "./export.ts"
export type { Candidate, ConcurrentEdit, EditAfterDelete } from "./fold.ts"
export { recordHash, sha256Hex, type Sha256Hex } from "./hash.ts"
export { namedIn, type NamedRecord, type NamedRecords } from "./named-in.ts"
export { type CollectionOf, openRecords, Records, type RecordsOptions } from "./records.ts"
export {
  type CollectionSchema,
  defineSchema,
  type FieldKind,
  type FieldOf,
  type InputRecordOf,
  type RecordOf,
  type Schema,
  value,
  type ValueField,
} from "./schema.ts"
export type { Reason } from "./validate.ts"
export { compareText, getOwn, type PlainRecord, setOwn, type Value } from "./value.ts"
