import { type Content, type Element, isElement } from "./content.ts"
import { readEl } from "./el.ts"

/** Where expressions are evaluated: what each knows is not the same. */
export type ElContext = "workflow" | "schedule"

// Functions with these prefixes are there in the other place alone.
const foreign: Readonly<Record<ElContext, { readonly prefix: string; readonly place: string }>> = {
  workflow: { prefix: "coord:", place: "a coordinator" },
  schedule: { prefix: "wf:", place: "a workflow" },
}

/** What is wrong with the expressions of an element, in attributes and texts; descriptions are for people. */
export function elFaults(element: Element, context: ElContext): readonly string[] {
  return [...walk(element, context)]
}

/** What is wrong with the expressions of one text. */
export function elFault(text: string, context: ElContext): string | undefined {
  if (!text.includes("${")) return undefined
  const { fault, uses } = readEl(text)
  if (fault !== undefined) return `the expression ${fault}`
  const { prefix, place } = foreign[context]
  const stranger = uses.find(({ kind, name }) => kind === "function" && name.startsWith(prefix))
  return stranger === undefined ? undefined : `the function ${stranger.name}() is only there in ${place}`
}

function* walk({ name, attributes = [], children = [] }: Element, context: ElContext): Iterable<string> {
  for (const [attribute, value] of attributes) {
    const fault = elFault(value, context)
    if (fault !== undefined) yield `<${name}>, attribute "${attribute}": ${fault}`
  }
  const text = children.filter((child: Content) => typeof child === "string").join("")
  const fault = name === "description" ? undefined : elFault(text, context)
  if (fault !== undefined) yield `<${name}>: ${fault}`
  for (const child of children) if (isElement(child)) yield* walk(child, context)
}
