import { type FieldOf, set, type SetField, value } from "@millrace/model"
import * as v from "valibot"
import type { Plain } from "./definitions/fields.ts"
import { governanceFields, type GovernanceFields } from "./governance-schema.ts"

interface LineageShape {
  readonly processes: {
    readonly fields: GovernanceFields & {
      readonly name: FieldOf<string>
      /** Qualified names of the datasets that it reads. */
      readonly inputs: SetField<v.GenericSchema<string, string>, true>
      /** Qualified names of the datasets that it makes. */
      readonly outputs: SetField<v.GenericSchema<string, string>, true>
      /** What it does, as text: a query, a command. */
      readonly query: FieldOf<string | null, true>
    }
  }
}

/** What reads datasets and makes others: the lineage of data. */
export type LineageCollections = Plain<LineageShape>

const named = v.pipe(v.string(), v.nonEmpty("it must not be empty"))

export const lineageCollections: LineageCollections = {
  processes: {
    fields: {
      ...governanceFields,
      name: value(named),
      inputs: set(named, { optional: true }),
      outputs: set(named, { optional: true }),
      query: value(v.nullable(v.string()), { optional: true }),
    },
  },
}
