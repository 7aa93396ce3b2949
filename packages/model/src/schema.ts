import type { StandardSchemaV1 } from "@standard-schema/spec"
import type { Migrations } from "./migrate.ts"
import type { UnitSchema } from "./unit.ts"

/**
 * How a field is written: as a whole (`value`, `ref`), element by element (`set`, `map`, `list`), or letter by letter
 * (`text`).
 */
export type FieldKind = "value" | "set" | "map" | "list" | "text" | "ref"

/** The kinds that are written element by element. */
export type ElementKind = "set" | "map" | "list"

export function isElementKind(kind: FieldKind | undefined): kind is ElementKind {
  return kind === "set" || kind === "map" || kind === "list"
}

/** A field that is written as a whole. `validator` is any Standard Schema that answers without waiting. */
export interface ValueField<V extends StandardSchemaV1 = StandardSchemaV1, O extends boolean = boolean> {
  readonly kind: "value"
  readonly validator: V
  readonly optional: O
}

/** A value field that is read and written as `T`, whoever made its validator. */
export type FieldOf<T, O extends boolean = false> = ValueField<StandardSchemaV1<T>, O>

/** A list field whose elements are read and written as `T`. */
export type ListOf<T, O extends boolean = false> = ListField<StandardSchemaV1<T>, O>

/** A map field whose values are read and written as `T`. */
export type MapOf<T, O extends boolean = false> = MapField<StandardSchemaV1<T>, O>

/** Texts, each at most once; read as a sorted array. `validator` checks each. */
export interface SetField<
  V extends StandardSchemaV1<unknown, string> = StandardSchemaV1<unknown, string>,
  O extends boolean = boolean,
> {
  readonly kind: "set"
  readonly validator: V
  readonly optional: O
}

/** Values by key. `validator` checks each value. */
export interface MapField<V extends StandardSchemaV1 = StandardSchemaV1, O extends boolean = boolean> {
  readonly kind: "map"
  readonly validator: V
  readonly optional: O
}

/** Values in an order; elements move and change apart from each other. `validator` checks each value. */
export interface ListField<V extends StandardSchemaV1 = StandardSchemaV1, O extends boolean = boolean> {
  readonly kind: "list"
  readonly validator: V
  readonly optional: O
}

/** A text that several people type into at once: read as a string, typed into through `Collection.text`. */
export interface TextField<O extends boolean = boolean> {
  readonly kind: "text"
  readonly optional: O
}

/** What happens to a record when the one that it refers to is deleted: that delete is refused, or it goes too. */
export type DeleteRule = "restrict" | "cascade"

/** The id of a record of `collection`. */
export interface RefField<O extends boolean = boolean> {
  readonly kind: "ref"
  readonly collection: string
  readonly onDelete: DeleteRule
  readonly optional: O
}

export type Field = ValueField | SetField | MapField | ListField | TextField | RefField

export type Fields = Readonly<Record<string, Field>>

/**
 * An index of a collection, for queries here and for the object stores that mirror it.
 *
 * Keys compare as IndexedDB compares them (numbers, then dates, texts, bytes, arrays); a record without a legal key in
 * each of `on` is not in the index. `multiEntry`, for one field only, gives each element of an array a key of its own.
 * `unique` is advice: no merge can promise it, so `Collection.duplicates` lists who breaks it.
 */
export interface IndexSchema {
  readonly on: string | readonly string[]
  readonly multiEntry?: boolean
  readonly unique?: boolean
}

export interface CollectionSchema {
  readonly fields: Fields
  readonly indexes?: Readonly<Record<string, IndexSchema>>
}

/** What an application says about its records; collections and fields that it does not name survive untouched. */
export interface Schema {
  /** Counts up when the meaning of stored values changes. */
  readonly version: number
  readonly collections: Readonly<Record<string, CollectionSchema>>
  /** By the version that they lead away from; see `Migrations`. */
  readonly migrations?: Migrations
  /** Which records are judged together. */
  readonly units?: readonly UnitSchema[]
}

interface Optional {
  readonly optional: true
}

/**
 * A field of one value, checked by `validator` before it is written.
 *
 * What the validator returns is what is stored, and merged records are checked again: a validator must accept its own
 * output. An `optional` field may be missing.
 */
export function value<V extends StandardSchemaV1>(validator: V): ValueField<V, false>
export function value<V extends StandardSchemaV1>(validator: V, options: Optional): ValueField<V, true>
export function value(validator: StandardSchemaV1, options?: Optional): ValueField {
  return { kind: "value", validator, optional: options?.optional ?? false }
}

/** A field of texts without order; two people's additions unite. */
export function set<V extends StandardSchemaV1<string, string>>(validator: V): SetField<V, false>
export function set<V extends StandardSchemaV1<string, string>>(validator: V, options: Optional): SetField<V, true>
export function set(validator: StandardSchemaV1<string, string>, options?: Optional): SetField {
  return { kind: "set", validator, optional: options?.optional ?? false }
}

/** A field of values by key; writes to different keys unite. */
export function map<V extends StandardSchemaV1>(validator: V): MapField<V, false>
export function map<V extends StandardSchemaV1>(validator: V, options: Optional): MapField<V, true>
export function map(validator: StandardSchemaV1, options?: Optional): MapField {
  return { kind: "map", validator, optional: options?.optional ?? false }
}

/** A field of values in an order; runs that two people insert at one place stand one after the other. */
export function list<V extends StandardSchemaV1>(validator: V): ListField<V, false>
export function list<V extends StandardSchemaV1>(validator: V, options: Optional): ListField<V, true>
export function list(validator: StandardSchemaV1, options?: Optional): ListField {
  return { kind: "list", validator, optional: options?.optional ?? false }
}

/**
 * A field that people type into.
 *
 * A text costs nothing more than a string until somebody types; then it costs an entry in every state vector, until a
 * new generation. For texts that programs replace as a whole take `value`.
 */
export function text(): TextField<false>
export function text(options: Optional): TextField<true>
export function text(options?: Optional): TextField {
  return { kind: "text", optional: options?.optional ?? false }
}

interface RefOptions {
  readonly onDelete: DeleteRule
}

/**
 * A field that names a record of another collection, or of the same.
 *
 * `onDelete` acts on the records that the deleting replica has seen. Who refers to what is gone, or not yet here, is
 * listed by `Records.orphans` and has a reason in `Collection.check`.
 */
export function ref(collection: string, options: RefOptions): RefField<false>
export function ref(collection: string, options: RefOptions & Optional): RefField<true>
export function ref(collection: string, options: RefOptions & Partial<Optional>): RefField {
  return { kind: "ref", collection, onDelete: options.onDelete, optional: options.optional ?? false }
}

/** Checks the names and returns the schema with its exact type. Names that start with `$` are the system's. */
export function defineSchema<const S extends Schema>(schema: S): S {
  for (const [name, { fields, indexes }] of Object.entries(schema.collections)) {
    if (name === "" || name.startsWith("$")) {
      throw new TypeError(`A collection cannot be named "${name}": names are not empty and do not start with "$".`)
    }
    for (const [field, each] of Object.entries(fields)) {
      if (each.kind === "ref" && !Object.hasOwn(schema.collections, each.collection)) {
        throw new TypeError(`"${name}.${field}" refers to "${each.collection}", which is no collection of the schema.`)
      }
    }
    for (const [index, { on, multiEntry }] of Object.entries(indexes ?? {})) {
      const wanted = typeof on === "string" ? [on] : on
      const unknown = wanted.find((field) => !Object.hasOwn(fields, field))
      if (wanted.length === 0 || unknown !== undefined) {
        throw new TypeError(`The index "${index}" of "${name}" is on "${unknown ?? ""}", which is no field of it.`)
      }
      if (multiEntry === true && wanted.length > 1) {
        throw new TypeError(`The index "${index}" of "${name}" cannot be both compound and multi-entry.`)
      }
    }
  }
  return schema
}

/** The fields of collection `C`. */
export type FieldsOf<S extends Schema, C extends keyof S["collections"]> = S["collections"][C]["fields"]
/** Names of the fields of one kind. */
export type NamesOf<F extends Fields, K extends FieldKind> = {
  [N in keyof F & string]: F[N]["kind"] extends infer G ? (K extends G ? N : never) : never
}[keyof F & string]
/** What one value or element of a field is read as. */
export type ItemOf<F> = F extends { readonly validator: infer V extends StandardSchemaV1 }
  ? StandardSchemaV1.InferOutput<V>
  : string
/** What one value or element of a field is written as. */
export type ItemInputOf<F> = F extends { readonly validator: infer V extends StandardSchemaV1 }
  ? StandardSchemaV1.InferInput<V>
  : string

type Simplify<T> = { readonly [K in keyof T]: T[K] }
type OptionalNames<F> = { [K in keyof F]: F[K] extends Optional ? K : never }[keyof F]
type Whole<F, Item> = F extends SetField | ListField
  ? readonly Item[]
  : F extends MapField
    ? Readonly<Record<string, Item>>
    : Item
type OutputOf<F> = Whole<F, ItemOf<F>>
type InputOf<F> = Whole<F, ItemInputOf<F>>

/** A record of collection `C` as it is read. A merge can break what validators promise: see `Collection.check`. */
export type RecordOf<S extends Schema, C extends keyof S["collections"]> = Simplify<
  { [K in Exclude<keyof FieldsOf<S, C>, OptionalNames<FieldsOf<S, C>>>]: OutputOf<FieldsOf<S, C>[K]> } & {
    [K in OptionalNames<FieldsOf<S, C>>]?: OutputOf<FieldsOf<S, C>[K]>
  }
>

/** A record of collection `C` as it is written; `undefined` means missing. */
export type InputRecordOf<S extends Schema, C extends keyof S["collections"]> = Simplify<
  { [K in Exclude<keyof FieldsOf<S, C>, OptionalNames<FieldsOf<S, C>>>]: InputOf<FieldsOf<S, C>[K]> } & {
    [K in OptionalNames<FieldsOf<S, C>>]?: InputOf<FieldsOf<S, C>[K]> | undefined
  }
>
