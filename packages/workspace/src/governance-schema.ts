import { type FieldOf, map, type MapOf, set, type SetField, value } from "@millrace/model"
import * as v from "valibot"
import type { Plain } from "./definitions/fields.ts"

/** A value that a catalogue keeps beside a name. */
export type Scalar = string | number | boolean | null

/** What a classification says on top of its name, such as `{ level: 3 }`; `{}` where it says nothing. */
export type ClassificationAttributes = Readonly<Record<string, Scalar>>

interface GovernanceShape {
  readonly owner: FieldOf<string | null, true>
  readonly description: FieldOf<string | null, true>
  /** Free words of letters, digits, `_` and `-`. */
  readonly labels: SetField<v.GenericSchema<string, string>, true>
  /** By the name of the classification. */
  readonly classifications: MapOf<ClassificationAttributes, true>
  /** Terms of a glossary, each `term@glossary`. */
  readonly terms: SetField<v.GenericSchema<string, string>, true>
  /** By `name.attribute`, such as `ops.tier`. */
  readonly businessMetadata: MapOf<Scalar, true>
}

/** What people who govern data say of a thing. All of it may be missing. */
export type GovernanceFields = Plain<GovernanceShape>

const text = v.nullable(v.string())
const scalar = v.nullable(v.union([v.string(), v.number(), v.boolean()]))
const label = v.pipe(v.string(), v.regex(/^[\w-]{1,50}$/, "a label is at most 50 letters, digits, _ and -"))
const term = v.pipe(v.string(), v.regex(/^.+@[^@]+$/s, "a term is written TERM@GLOSSARY"))

export const governanceFields: GovernanceFields = {
  owner: value(text, { optional: true }),
  description: value(text, { optional: true }),
  labels: set(label, { optional: true }),
  classifications: map(v.record(v.string(), scalar), { optional: true }),
  terms: set(term, { optional: true }),
  businessMetadata: map(scalar, { optional: true }),
}
