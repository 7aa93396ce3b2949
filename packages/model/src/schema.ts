import type { StandardSchemaV1 } from "@standard-schema/spec"

/** How a field's entries are read: whole values, or element by element. */
export type FieldKind = "value" | "set" | "map" | "list"

/** A field that is written as a whole. `validator` is any Standard Schema that answers without waiting. */
export interface ValueField<V extends StandardSchemaV1 = StandardSchemaV1, O extends boolean = boolean> {
  readonly kind: "value"
  readonly validator: V
  readonly optional: O
}

/** A value field that is read and written as `T`, whoever made its validator. */
export type FieldOf<T, O extends boolean = false> = ValueField<StandardSchemaV1<T>, O>

/**
 * An index of a collection, for queries here and for the object stores that mirror it.
 *
 * Keys compare as IndexedDB compares them (numbers, then dates, texts, bytes, arrays); a record without a legal key in
 * each of `on` is not in the index. `multiEntry`, for one field only, gives each element of an array a key of its own.
 * `unique` is advice: no merge can promise it; who breaks it is listed.
 */
export interface IndexSchema {
  readonly on: string | readonly string[]
  readonly multiEntry?: boolean
  readonly unique?: boolean
}

export interface CollectionSchema {
  readonly fields: Readonly<Record<string, ValueField>>
  readonly indexes?: Readonly<Record<string, IndexSchema>>
}

/** What an application says about its records; collections and fields that it does not name survive untouched. */
export interface Schema {
  /** Counts up when the meaning of stored values changes. */
  readonly version: number
  readonly collections: Readonly<Record<string, CollectionSchema>>
}

/**
 * A field of one value, checked by `validator` before it is written.
 *
 * What the validator returns is what is stored, and merged records are checked again: a validator must accept its own
 * output. An `optional` field may be missing.
 */
export function value<V extends StandardSchemaV1>(validator: V): ValueField<V, false>
export function value<V extends StandardSchemaV1>(
  validator: V,
  options: { readonly optional: true },
): ValueField<V, true>
export function value(validator: StandardSchemaV1, options?: { readonly optional: true }): ValueField {
  return { kind: "value", validator, optional: options?.optional ?? false }
}

/** Checks the names and returns the schema with its exact type. Names that start with `$` are the system's. */
export function defineSchema<const S extends Schema>(schema: S): S {
  for (const name of Object.keys(schema.collections)) {
    if (name === "" || name.startsWith("$")) {
      throw new TypeError(`A collection cannot be named "${name}": names are not empty and do not start with "$".`)
    }
  }
  return schema
}

type FieldsOf<S extends Schema, C extends keyof S["collections"]> = S["collections"][C]["fields"]
type Simplify<T> = { readonly [K in keyof T]: T[K] }
type OptionalNames<F> = { [K in keyof F]: F[K] extends ValueField<StandardSchemaV1, true> ? K : never }[keyof F]
type OutputOf<F> = F extends ValueField<infer V> ? StandardSchemaV1.InferOutput<V> : never
type InputOf<F> = F extends ValueField<infer V> ? StandardSchemaV1.InferInput<V> : never

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
