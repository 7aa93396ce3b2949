/** Shapes of @millrace/model that this package's types name; replaced by imports from there. */
export interface Schema {
  readonly version: number
  readonly collections: Readonly<Record<string, unknown>>
}
export type CollectionName<S extends Schema> = keyof S["collections"] & string
export type RecordOf<S extends Schema, N extends CollectionName<S>> = S["collections"][N] extends {
  readonly record: infer R
}
  ? R
  : Readonly<Record<string, unknown>>
export interface Records<S extends Schema> {
  readonly schema: S
}
