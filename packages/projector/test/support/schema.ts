import { defineSchema, type Schema, value } from "@millrace/model"
import type { StandardSchemaV1 } from "./standard-schema.ts"

function check<T>(is: (given: unknown) => given is T, issue: string): StandardSchemaV1<T> {
  return {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (given) => (is(given) ? { value: given } : { issues: [{ message: issue }] }),
    },
  }
}

const text = check((given): given is string => typeof given === "string", "must be a text")
const anything = check((given): given is unknown => given !== undefined, "must be there")

/** What the projector is given: titles are texts. */
export const schema: Schema = defineSchema({
  version: 1,
  collections: {
    notes: { fields: { title: value(text), body: value(anything, { optional: true }) } },
    tags: { fields: { title: value(text), body: value(anything, { optional: true }) } },
  },
})

/** What a careless writer uses: everything goes, so that invalid records come into being. */
export const looseSchema: Schema = defineSchema({
  version: 1,
  collections: {
    notes: { fields: { title: value(anything), body: value(anything, { optional: true }) } },
    tags: { fields: { title: value(anything), body: value(anything, { optional: true }) } },
  },
})
