import { type Content, type Element, isElement, type Markup, textOf } from "./content.ts"
import {
  markupOf,
  type Part,
  type Parts,
  partsOf,
  plainName,
  type Reading,
  takeAttributes,
  unreadable,
} from "./parts.ts"
import type { NodeKind, TransitionKind } from "./workflow-schema.ts"

/** A node as a document has it: its record's fields but for what ties it into a workflow. */
export interface ReadNode {
  readonly kind: NodeKind
  readonly name: string | undefined
  readonly fields: Readonly<Record<string, unknown>>
  readonly transitions: readonly ReadTransition[]
}

export interface ReadTransition {
  readonly kind: TransitionKind
  /** Name of the node that it leads to. */
  readonly to: string
  readonly condition: string | undefined
  readonly markup: Markup | undefined
}

type Marks = Record<string, Markup>

/** Reads one element of a workflow as a node; undefined where it is none. */
export function readNode(part: Part, reading: Reading): ReadNode | undefined {
  switch (part.local ?? "") {
    case "start":
      return simpleNode(part, "start", reading)
    case "end":
      return simpleNode(part, "end", reading)
    case "join":
      return simpleNode(part, "join", reading)
    case "kill":
      return killNode(part, reading)
    case "fork":
      return forkNode(part, reading)
    case "decision":
      return decisionNode(part, reading)
    case "action":
      return actionNode(part, reading)
    default:
      return undefined
  }
}

function simpleNode(part: Part, kind: "start" | "end" | "join", reading: Reading): ReadNode {
  const { taken, others } = takeAttributes(
    part.element,
    kind === "start" ? ["to"] : kind === "end" ? ["name"] : ["name", "to"],
  )
  const { parts, inside } = partsOf(part.element, part.scope, reading)
  refuseParts(part.element, parts)
  const to = taken.get("to")
  return {
    kind,
    name: taken.get("name"),
    fields: nodeFields(part, others, mark({}, "element", markupOf(part.element, plainName(reading, kind), { inside }))),
    transitions: kind === "end" ? [] : [{ kind, to: to ?? "", condition: undefined, markup: undefined }],
  }
}

function killNode(part: Part, reading: Reading): ReadNode {
  const { taken, others } = takeAttributes(part.element, ["name"])
  const { parts, inside } = partsOf(part.element, part.scope, reading)
  const [message, ...more] = parts
  refuseParts(part.element, message?.local === "message" ? more : parts)
  const marks = mark({}, "element", markupOf(part.element, plainName(reading, "kill"), { inside }))
  const fields = nodeFields(part, others, marks)
  if (message === undefined) return { kind: "kill", name: taken.get("name"), fields, transitions: [] }
  const { text, asides } = textAndAsides(message.element)
  const markup = markupOf(message.element, plainName(reading, "message"), {
    before: [...message.before, ...asides],
    attributes: message.element.attributes ?? [],
  })
  return {
    kind: "kill",
    name: taken.get("name"),
    fields: { ...nodeFields(part, others, mark(marks, "message", markup)), message: text },
    transitions: [],
  }
}

function forkNode(part: Part, reading: Reading): ReadNode {
  const { taken, others } = takeAttributes(part.element, ["name"])
  const { parts, inside } = partsOf(part.element, part.scope, reading)
  return {
    kind: "fork",
    name: taken.get("name"),
    fields: nodeFields(
      part,
      others,
      mark({}, "element", markupOf(part.element, plainName(reading, "fork"), { inside })),
    ),
    transitions: parts.map((each) => transition(part.element, each, "path", "start", reading)),
  }
}

function decisionNode(part: Part, reading: Reading): ReadNode {
  const { taken, others } = takeAttributes(part.element, ["name"])
  const { parts, inside }: Parts = partsOf(part.element, part.scope, reading)
  const [chosen, ...more] = parts
  if (chosen?.local !== "switch") throw unreadable(`<decision> "${taken.get("name") ?? ""}" has no <switch>`)
  refuseParts(part.element, more)
  const cases = partsOf(chosen.element, chosen.scope, reading)
  const marks = mark({}, "element", markupOf(part.element, plainName(reading, "decision"), { inside }))
  const switchMarkup = markupOf(chosen.element, plainName(reading, "switch"), {
    before: chosen.before,
    inside: cases.inside,
    attributes: chosen.element.attributes ?? [],
  })
  return {
    kind: "decision",
    name: taken.get("name"),
    fields: nodeFields(part, others, mark(marks, "switch", switchMarkup)),
    transitions: inOrder(
      part.element,
      cases.parts.map((each) =>
        transition(chosen.element, each, each.local === "default" ? "default" : "case", "to", reading),
      ),
      ["case", "default"],
    ),
  }
}

function actionNode(part: Part, reading: Reading): ReadNode {
  const { taken, others } = takeAttributes(part.element, ["name"])
  const { parts, inside } = partsOf(part.element, part.scope, reading)
  const [action, ...rest] = parts
  if (action === undefined || action.local === "ok" || action.local === "error") {
    throw unreadable(`<action> "${taken.get("name") ?? ""}" says nothing to do`)
  }
  const steps = rest.filter(({ local }) => local === "ok" || local === "error")
  const sla = rest.slice(steps.length)
  if (sla.some((each) => steps.includes(each))) throw unreadable(`<action> has <ok> or <error> behind other elements`)
  const marks = mark(
    {},
    "element",
    markupOf(part.element, plainName(reading, "action"), sla.length > 0 ? {} : { inside }),
  )
  const fields = {
    ...nodeFields(
      part,
      others,
      mark(marks, "action", markupOf(action.element, action.element.name, { before: action.before })),
    ),
    action: action.element.name,
    ...filled("actionAttributes", Object.fromEntries(action.element.attributes ?? [])),
    ...filled("body", action.element.children ?? []),
    ...(sla.length === 0 ? {} : { sla: [...sla.flatMap((each) => [...each.before, each.element]), ...inside] }),
  }
  const transitions = steps.map((each) =>
    transition(part.element, each, each.local === "ok" ? "ok" : "error", "to", reading),
  )
  return {
    kind: "action",
    name: taken.get("name"),
    fields,
    transitions: inOrder(part.element, transitions, ["ok", "error"]),
  }
}

function transition(
  parent: Element,
  part: Part,
  kind: "ok" | "error" | "case" | "default" | "path",
  attribute: "to" | "start",
  reading: Reading,
): ReadTransition {
  if (part.local !== kind) throw unreadable(`<${parent.name}> holds <${part.element.name}>`)
  const { taken, others } = takeAttributes(part.element, [attribute])
  const { parts, inside } = partsOf(part.element, part.scope, reading)
  refuseParts(part.element, parts)
  const { text, asides } = textAndAsides(part.element)
  const markup = markupOf(part.element, plainName(reading, kind), {
    before: kind === "case" ? [...part.before, ...asides] : part.before,
    inside: kind === "case" ? [] : inside,
    attributes: others,
  })
  return { kind, to: taken.get(attribute) ?? "", condition: kind === "case" ? text : undefined, markup }
}

function inOrder(
  parent: Element,
  transitions: readonly ReadTransition[],
  kinds: readonly string[],
): readonly ReadTransition[] {
  const places = transitions.map(({ kind }) => kinds.indexOf(kind))
  if (places.every((place, at) => at === 0 || (places[at - 1] ?? 0) <= place)) return transitions
  throw unreadable(`<${parent.name}> has its transitions in another order than the schema's`)
}

function nodeFields(
  part: Part,
  attributes: readonly (readonly [string, string])[],
  markup: Marks,
): Record<string, unknown> {
  return {
    ...filled("notes", part.before),
    ...filled("attributes", Object.fromEntries(attributes)),
    ...filled("markup", markup),
  }
}

function mark(marks: Marks, place: string, markup: Markup | undefined): Marks {
  return markup === undefined ? marks : { ...marks, [place]: markup }
}

function filled(field: string, value: object): Record<string, unknown> {
  return Object.keys(value).length === 0 ? {} : { [field]: value }
}

function textAndAsides(element: Element): { readonly text: string; readonly asides: readonly Content[] } {
  const children = element.children ?? []
  const inner = children.find((child) => isElement(child))
  if (inner !== undefined) throw unreadable(`<${element.name}> holds <${inner.name}>`)
  return { text: textOf(element), asides: children.filter((child) => typeof child !== "string") }
}

function refuseParts(parent: Element, parts: readonly Part[]): void {
  const [first] = parts
  if (first !== undefined) throw unreadable(`<${parent.name}> holds <${first.element.name}>`)
}
