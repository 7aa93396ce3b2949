export type { Unreadable } from "./bag-index.ts"
export { localOrigin } from "./origin.ts"
export { canonicalForm, canonicalJson, maxDepth, sameValue } from "./canonical.ts"
export { parseCanonical } from "./canonical-parse.ts"
export type { RecordChange, RecordName, Touched } from "./change.ts"
export { classOfClient, redrawReservedClientId, reservedClientIds } from "./client-id.ts"
export { Collection, type Patch } from "./collection.ts"
export type { Candidate, ConcurrentEdit, EditAfterDelete, Place } from "./conflicts.ts"
export type { Orphan } from "./delete-rules.ts"
export type { MapHandle, SetHandle } from "./element-handles.ts"
export { maxEntryChars } from "./entry.ts"
export { exportRecords, exportText, type Exported } from "./export.ts"
export { recordHash, sha256Hex, type Sha256Hex } from "./hash.ts"
export { compareKeys, isKey, type Key, keysOf } from "./key.ts"
export type { ListHandle } from "./list-handle.ts"
export { LiveQuery, type Query, type Row } from "./live-query.ts"
export type { Migration, Migrations } from "./migrate.ts"
export { namedIn, type NamedRecord, type NamedRecords } from "./named-in.ts"
export { type CollectionOf, openRecords, Records, type RecordsOptions } from "./records.ts"
export {
  type CollectionSchema,
  defineSchema,
  type DeleteRule,
  type Field,
  type FieldKind,
  type FieldOf,
  type Fields,
  type FieldsOf,
  type IndexSchema,
  type InputRecordOf,
  type ItemInputOf,
  type ItemOf,
  list,
  type ListField,
  type ListOf,
  map,
  type MapField,
  type MapOf,
  type NamesOf,
  type RecordOf,
  ref,
  type RefField,
  type Schema,
  set,
  type SetField,
  text,
  type TextField,
  value,
  type ValueField,
} from "./schema.ts"
export { isResolution, type Resolution, resolutionsOf } from "./resolution.ts"
export type { KeyRange } from "./secondary-index.ts"
export type { UnitReader, UnitReason, UnitSchema } from "./unit.ts"
export { Undo, type UndoOptions } from "./undo.ts"
export type { Known, Unsent, UnsentEdit } from "./unsent.ts"
export type { Reason } from "./validate.ts"
export { compareText, getOwn, type PlainRecord, setOwn, type Value } from "./value.ts"
