import { MillraceError } from "@millrace/ports"
import { type Content, type Element, isElement, joinName, type Markup, type Pair, splitName } from "./content.ts"

/** Namespaces by prefix, as they are in force at an element. */
export type Scope = ReadonlyMap<string, string>

export const noScope: Scope = new Map([["xml", "http://www.w3.org/XML/1998/namespace"]])

/** An element among its siblings, with the comments that stand before it. */
export interface Part {
  readonly before: readonly Content[]
  readonly element: Element
  /** Local name where the element is of the document's own namespace, else undefined. */
  readonly local: string | undefined
  readonly scope: Scope
}

export interface Parts {
  readonly parts: readonly Part[]
  /** What follows the last element, or everything where there is none. */
  readonly inside: readonly Content[]
}

/** What is to be known of a document while its elements are read. */
export interface Reading {
  readonly namespace: string
  readonly prefix: string
}

export function scopeOf(element: Element, outer: Scope): Scope {
  const declared = (element.attributes ?? []).filter(([name]) => name === "xmlns" || name.startsWith("xmlns:"))
  if (declared.length === 0) return outer
  const inner = new Map(outer)
  for (const [name, uri] of declared) inner.set(name === "xmlns" ? "" : name.slice("xmlns:".length), uri)
  return inner
}

export function namespaceOf(element: Element, scope: Scope): string | undefined {
  const [prefix] = splitName(element.name)
  return scope.get(prefix) ?? (prefix === "" ? "" : undefined)
}

/**
 * Takes an element's children apart.
 *
 * @throws MillraceError `invalid` where text stands between its elements.
 */
export function partsOf(parent: Element, outer: Scope, reading: Reading): Parts {
  const parts: Part[] = []
  let pending: Content[] = []
  for (const child of parent.children ?? []) {
    if (!isElement(child)) {
      pending.push(child)
      continue
    }
    const scope = scopeOf(child, outer)
    const isOwn = namespaceOf(child, scope) === reading.namespace
    parts.push({ before: pending, element: child, local: isOwn ? splitName(child.name)[1] : undefined, scope })
    pending = []
  }
  const stray = parts.length === 0 ? undefined : [...parts.flatMap(({ before }) => before), ...pending].find(isText)
  if (stray !== undefined)
    throw unreadable(`<${parent.name}> has the text "${stray.trim().slice(0, 40)}" beside elements`)
  return { parts, inside: pending }
}

/** The markup of an element; undefined where it is written the plain way. */
export function markupOf(
  element: Element,
  plainName: string,
  { before = [], inside = [], attributes = [] }: Omit<Markup, "name">,
): Markup | undefined {
  const markup = {
    ...(element.name === plainName ? {} : { name: element.name }),
    ...(attributes.length === 0 ? {} : { attributes }),
    ...(before.length === 0 ? {} : { before }),
    ...(inside.length === 0 ? {} : { inside }),
  }
  return Object.keys(markup).length === 0 ? undefined : markup
}

/** The attributes named, and the others. */
export function takeAttributes(
  { attributes = [] }: Element,
  names: readonly string[],
): { readonly taken: ReadonlyMap<string, string>; readonly others: readonly Pair[] } {
  return {
    taken: new Map(attributes.filter(([name]) => names.includes(name))),
    others: attributes.filter(([name]) => !names.includes(name)),
  }
}

export function plainName({ prefix }: Reading, local: string): string {
  return joinName(prefix, local)
}

export function unreadable(what: string): MillraceError {
  return new MillraceError(`The definition cannot be taken apart: ${what}.`, { kind: "invalid" })
}

function isText(content: Content): content is string {
  return typeof content === "string"
}
