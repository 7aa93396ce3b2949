import { MillraceError } from "@millrace/ports"
import * as v from "valibot"

const maxNoteChars = 2_000
const text = v.pipe(v.string("must be a text"), v.maxLength(1_024, "is too long"))
const note = v.exactOptional(
  v.pipe(v.string("must be a text"), v.maxLength(maxNoteChars, `has more than ${maxNoteChars} characters`)),
)
const count = v.pipe(
  v.number("must be a number"),
  v.safeInteger("must be whole"),
  v.minValue(0, "must not be negative"),
)
const record = v.strictObject({ collection: text, id: text })

interface RecordRef {
  readonly collection: string
  readonly id: string
}

/** The bodies that operations take; each is one JSON object. */
export interface Bodies {
  readonly none: object
  readonly plan: { readonly plan: string; readonly note?: string }
  readonly rollback: { readonly to: number; readonly note?: string }
  readonly adopt: { readonly collections?: readonly string[]; readonly ids?: readonly string[] }
  readonly retry: { readonly records?: readonly RecordRef[] }
  readonly drop: RecordRef & { readonly version: number }
  readonly act: RecordRef & { readonly action: string; readonly parameters?: Readonly<Record<string, string>> }
  /** `value` as canonical JSON text; null removes the field. */
  readonly resolve: {
    readonly choice: "ours" | "theirs" | "value"
    readonly value?: string | null
    readonly baseHash: string
  }
}

const shapes: { readonly [Name in keyof Bodies]: v.GenericSchema<unknown, Bodies[Name]> } = {
  none: v.strictObject({}),
  plan: v.strictObject({ plan: text, note }),
  rollback: v.strictObject({ to: count, note }),
  adopt: v.strictObject({
    collections: v.exactOptional(v.array(text, "must be a list")),
    ids: v.exactOptional(v.pipe(v.array(text, "must be a list"), v.maxLength(10_000, "names too many"))),
  }),
  retry: v.strictObject({
    records: v.exactOptional(v.pipe(v.array(record, "must be a list"), v.maxLength(10_000, "names too many"))),
  }),
  drop: v.strictObject({ ...record.entries, version: count }),
  act: v.strictObject({
    ...record.entries,
    action: text,
    parameters: v.exactOptional(v.record(text, v.string("must be a text"))),
  }),
  resolve: v.pipe(
    v.strictObject({
      choice: v.picklist(["ours", "theirs", "value"], 'must be "ours", "theirs" or "value"'),
      value: v.exactOptional(v.nullable(v.string("must be a text"))),
      baseHash: text,
    }),
    v.check(
      ({ choice, value }) => (choice === "value") === (value !== undefined),
      'goes with choice "value" and no other',
    ),
  ),
}

/** The body as its shape. Throws kind `invalid`, with one line for each wrong field. */
export function bodyAs<Name extends keyof Bodies>(name: Name, given: unknown): Bodies[Name] {
  const shape: v.GenericSchema<unknown, Bodies[Name]> = shapes[name]
  const result = v.safeParse(shape, given)
  if (result.success) return result.output
  const problems = result.issues.map((issue) => {
    const path = (issue.path ?? []).map(({ key }) => String(key)).join(".")
    return `${path === "" ? "the body" : path}: ${issue.expected === "never" ? "is not known here" : issue.message}`
  })
  throw new MillraceError(problems.join("; "), { kind: "invalid" })
}
