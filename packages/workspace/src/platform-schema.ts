import { defineSchema, type FieldOf, type Records, type UnitSchema, value } from "@millrace/model"
import * as v from "valibot"
import { definitionUnits } from "./definitions/definition-units.ts"
import { type DefinitionCollections, definitionCollections } from "./definitions/definition-schema.ts"
import { governanceFields, type GovernanceFields } from "./governance-schema.ts"
import { type LineageCollections, lineageCollections } from "./lineage-schema.ts"

const text = v.nullable(v.string())
const named = v.pipe(v.string(), v.nonEmpty("it must not be empty"))
const role = v.picklist(["column", "partition"])
const position = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

export type ColumnRole = "column" | "partition"

/**
 * The collections of a data platform. Datasets go by qualified name, columns by `columnId`.
 *
 * Texts that may be missing may also be null: catalogues in the wild tell the two apart, so do we.
 */
export interface PlatformSchema {
  readonly version: 1
  readonly units: readonly UnitSchema[]
  readonly collections: DefinitionCollections &
    LineageCollections & {
      readonly datasets: {
        readonly fields: GovernanceFields & {
          readonly database: FieldOf<string>
          readonly name: FieldOf<string>
          readonly external: FieldOf<boolean>
          readonly comment: FieldOf<string | null, true>
          readonly location: FieldOf<string | null, true>
          readonly format: FieldOf<string | null, true>
          readonly source: FieldOf<string | null, true>
        }
      }
      readonly columns: {
        readonly fields: GovernanceFields & {
          /** Qualified name of the dataset that the column belongs to. */
          readonly dataset: FieldOf<string>
          readonly role: FieldOf<ColumnRole>
          /** Order among the columns of one role, from 0; gaps mean nothing. */
          readonly position: FieldOf<number>
          readonly name: FieldOf<string, true>
          readonly type: FieldOf<string, true>
          readonly comment: FieldOf<string | null, true>
          /** What a partition is computed by, where it has no name of its own. */
          readonly expression: FieldOf<string, true>
        }
      }
    }
}

export const platformSchema: PlatformSchema = defineSchema({
  version: 1,
  units: definitionUnits,
  collections: {
    ...definitionCollections,
    ...lineageCollections,
    datasets: {
      fields: {
        ...governanceFields,
        database: value(named),
        name: value(named),
        external: value(v.boolean()),
        comment: value(text, { optional: true }),
        location: value(text, { optional: true }),
        format: value(text, { optional: true }),
        source: value(text, { optional: true }),
      },
    },
    columns: {
      fields: {
        ...governanceFields,
        dataset: value(v.string()),
        role: value(role),
        position: value(position),
        name: value(named, { optional: true }),
        type: value(named, { optional: true }),
        comment: value(text, { optional: true }),
        expression: value(named, { optional: true }),
      },
    },
  },
})

export type PlatformRecords = Records<PlatformSchema>
/** The key of a column. A dataset's name may hold anything, slashes too: never take a key apart, read its fields. */
export function columnId(dataset: string, role: ColumnRole, position: number): string {
  return `${dataset}/${role}/${position}`
}
