import { defineSchema, type FieldOf, type Schema, value } from "@millrace/model"
import { fieldNames } from "./rows.ts"

const anything: FieldOf<unknown> = value({
  "~standard": { version: 1, vendor: "bench", validate: (input: unknown) => ({ value: input }) },
})

export const benchSchema: Schema = defineSchema({
  version: 1,
  collections: {
    rows: {
      fields: Object.fromEntries(fieldNames.map((name) => [name, anything])),
      indexes: { byDatabase: { on: ["database", "position"] } },
    },
  },
})
