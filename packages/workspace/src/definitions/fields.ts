import { type FieldOf, list, type ListOf, map, type MapOf, value } from "@millrace/model"
import * as v from "valibot"
import type { Content, Markup } from "./content.ts"
import { asideFault, contentFault, isXmlName, markupFault, outsideFault, textFault } from "./content-check.ts"

/** Checks with a function that says what is wrong, or nothing. */
function checked<T>(faultOf: (value: unknown) => string | undefined): v.GenericSchema<T> {
  return v.pipe(
    v.unknown(),
    v.rawCheck(({ dataset, addIssue }) => {
      const fault = dataset.typed ? faultOf(dataset.value) : undefined
      if (fault !== undefined) addIssue({ message: fault })
    }),
  ) as unknown as v.GenericSchema<T>
}

/** Any text that XML can hold. */
export const plainText: v.GenericSchema<string> = checked<string>((given) =>
  typeof given === "string" ? textFault(given) : "a text is wanted",
)

const content = checked<Content>((given) => contentFault(given))
const markup = checked<Markup>(markupFault)
const aside = checked<readonly Content[]>(asideFault)

/** A relative path that leads nowhere else: no empty parts, no ".", no "..", no backslash, no control character. */
export function isRelativePath(path: string): boolean {
  if (path.length > 1_024 || /[\\\p{Cc}\p{Cs}]/u.test(path)) return false
  return path.split("/").every((part) => part !== "" && part !== "." && part !== ".." && part.length <= 255)
}

const path = checked<string>((given) =>
  typeof given === "string" && isRelativePath(given) ? undefined : "a relative path such as jobs/daily/workflow.xml",
)
const prefix = checked<string>((given) =>
  typeof given === "string" && isXmlName(given) && !given.includes(":") ? undefined : "it is no prefix of a namespace",
)

export type OptionalText = FieldOf<string, true>
export type Contents = ListOf<Content, true>

export const requiredText: FieldOf<string> = value(plainText)
export const optionalText: OptionalText = value(plainText, { optional: true })
export const contents: Contents = list(content, { optional: true })
export const asides: FieldOf<readonly Content[], true> = value(aside, { optional: true })
const outsides: FieldOf<readonly Content[], true> = value(checked<readonly Content[]>(outsideFault), { optional: true })
export const attributes: MapOf<string, true> = map(plainText, { optional: true })
export const markups: MapOf<Markup, true> = map(markup, { optional: true })

/** An interface as a type that index signatures take. */
export type Plain<T> = { readonly [K in keyof T]: T[K] }

interface DocumentFieldsShape {
  /** Where the file lies in its tree; where it is exported to. */
  readonly path: FieldOf<string>
  /** The schema and its version, such as `uri:oozie:workflow:0.5`; empty where the file names none. */
  readonly namespace: FieldOf<string>
  /** Prefix of the root, where it has one. */
  readonly prefix: FieldOf<string, true>
  /** The root's other attributes, declarations of further namespaces among them. */
  readonly attributes: MapOf<string, true>
  readonly markup: MapOf<Markup, true>
  /** Comments before and after the root, and at its end. */
  readonly head: FieldOf<readonly Content[], true>
  readonly tail: FieldOf<readonly Content[], true>
  readonly closing: FieldOf<readonly Content[], true>
}

/** What every definition has that is a file of its own. */
export type DocumentFields = Plain<DocumentFieldsShape>

export const documentFields: DocumentFields = {
  path: value(path),
  namespace: requiredText,
  prefix: value(prefix, { optional: true }),
  attributes,
  markup: markups,
  head: outsides,
  tail: outsides,
  closing: asides,
}
