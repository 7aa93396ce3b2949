/** A name and its value, in the order in which the author wrote them. */
export type Pair = readonly [name: string, value: string]

/** An element as its author wrote it: qualified names, declarations of namespaces among the attributes. */
export interface Element {
  readonly name: string
  readonly attributes?: readonly Pair[]
  readonly children?: readonly Content[]
}

export interface Comment {
  readonly comment: string
}

/** A processing instruction. */
export interface Instruction {
  readonly instruction: string
  readonly data: string
}

/** What stands inside an element: text, elements, comments, instructions. White space between elements is left out. */
export type Content = string | Element | Comment | Instruction

/**
 * How one element of a definition was written where that differs from the plain way: an own name (a prefix), further
 * attributes, comments before it, what its end has besides.
 */
export interface Markup {
  readonly name?: string
  readonly attributes?: readonly Pair[]
  readonly before?: readonly Content[]
  readonly inside?: readonly Content[]
}

/** A whole document: its root and the comments around it. */
export interface DefinitionDocument {
  readonly before: readonly Content[]
  readonly root: Element
  readonly after: readonly Content[]
}

export function isElement(content: Content | undefined): content is Element {
  return typeof content === "object" && "name" in content
}

/** An element without empty lists, so that equal ones have one form. */
export function element(name: string, attributes: readonly Pair[] = [], children: readonly Content[] = []): Element {
  return {
    name,
    ...(attributes.length === 0 ? {} : { attributes }),
    ...(children.length === 0 ? {} : { children }),
  }
}

export function attributeOf({ attributes = [] }: Element, name: string): string | undefined {
  return attributes.find(([each]) => each === name)?.[1]
}

/** The text directly inside; comments and instructions do not interrupt it. */
export function textOf({ children = [] }: Element): string {
  return children.filter((child) => typeof child === "string").join("")
}

export function elementsOf(contents: readonly Content[] = []): readonly Element[] {
  return contents.filter((each) => isElement(each))
}

/** `sla:info` is `["sla", "info"]`, `info` is `["", "info"]`. */
export function splitName(name: string): readonly [prefix: string, local: string] {
  const at = name.indexOf(":")
  return at < 0 ? ["", name] : [name.slice(0, at), name.slice(at + 1)]
}

export function localName(name: string): string {
  return splitName(name)[1]
}

export function joinName(prefix: string, local: string): string {
  return prefix === "" ? local : `${prefix}:${local}`
}
