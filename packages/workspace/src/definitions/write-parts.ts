import type { PlainRecord } from "@millrace/model"
import { type Content, element, type Element, type Markup, type Pair } from "./content.ts"
import { isContent, isXmlName, markupFault, textFault } from "./content-check.ts"

/** An element with the markup that its author gave it, comments first. */
export function marked(
  plainName: string,
  { name = plainName, attributes = [], before = [], inside = [] }: Markup = {},
  own: readonly Pair[],
  children: readonly Content[],
): readonly Content[] {
  const others = attributes.filter(([each]) => !own.some(([taken]) => taken === each))
  const made: Element = element(name, [...own, ...others], [...children, ...inside])
  return [...before, made]
}

// What a newer schema or another program wrote is left out here; the record's own check says what is wrong with it.

export function textField(record: PlainRecord, field: string): string {
  const value = record[field]
  return typeof value === "string" ? value : ""
}

export function listField(record: PlainRecord, field: string): readonly Content[] {
  const value: unknown = record[field]
  return Array.isArray(value) ? value.filter((each) => isContent(each)) : []
}

/** Attributes of a map field, but for those that are `taken`. */
export function attributePairs(record: PlainRecord, field: string, taken: readonly Pair[] = []): readonly Pair[] {
  return entriesOf(record[field]).filter(
    (pair): pair is readonly [string, string] =>
      isXmlName(pair[0]) &&
      typeof pair[1] === "string" &&
      textFault(pair[1]) === undefined &&
      !taken.some(([name]) => name === pair[0]),
  )
}

export function markups(record: PlainRecord): Readonly<Record<string, Markup>> {
  return Object.fromEntries(
    entriesOf(record["markup"]).filter(([, each]) => markupFault(each) === undefined),
  ) as Readonly<Record<string, Markup>>
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : []
}
