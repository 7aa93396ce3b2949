import { getOwn } from "@millrace/model"
import {
  type Content,
  element,
  type Element,
  elementsOf,
  isElement,
  joinName,
  localName,
  splitName,
  textOf,
} from "./content.ts"
import { type Particle, particleOf } from "./grammar.ts"
import { schemaOf } from "./schemas.ts"

/** A property of a configuration. */
export interface Property {
  readonly name: string
  readonly value: string
  readonly description?: string
}

/** How one field of a form stands in the body of an action. */
export interface FormField<T> {
  /** Names of its elements. */
  readonly locals: readonly string[]
  /** Undefined where the body has nothing of it. */
  readonly read: (found: readonly Element[]) => T | undefined
  readonly write: (value: T, name: (local: string) => string) => readonly Element[]
}

export type FormFields<F> = { readonly [K in keyof F]-?: FormField<NonNullable<F[K]>> }

/** One text, such as the command of a shell action. */
export function one(local: string): FormField<string> {
  return {
    locals: [local],
    read: ([first]) => (first === undefined ? undefined : textOf(first)),
    write: (value, name) => [element(name(local), [], textContent(value))],
  }
}

/** Texts in an order, such as arguments. */
export function many(local: string): FormField<readonly string[]> {
  return {
    locals: [local],
    read: (found) => (found.length === 0 ? undefined : found.map(textOf)),
    write: (values, name) => values.map((value) => element(name(local), [], textContent(value))),
  }
}

/** Something that is there or not. */
export function flag(local: string): FormField<boolean> {
  return {
    locals: [local],
    read: ([first]) => (first === undefined ? undefined : true),
    write: (value, name) => (value ? [element(name(local))] : []),
  }
}

/** The properties of a configuration. */
export function properties(local: string): FormField<readonly Property[]> {
  return {
    locals: [local],
    read: ([first]) => (first === undefined ? undefined : elementsOf(first.children).map(propertyOf)),
    write: (values, name) => [
      element(
        name(local),
        [],
        values.map((value) => propertyElement(value, name)),
      ),
    ],
  }
}

/** Elements that have more than a text, as they are and in their order. */
export function elements(...locals: readonly string[]): FormField<readonly Element[]> {
  return { locals, read: (found) => (found.length === 0 ? undefined : found), write: (values) => values }
}

/** What a form shows of a body; what it does not know is left alone. */
export function readForm<F>(fields: FormFields<F>, body: readonly Content[]): Partial<F> {
  const found: Partial<F> = {}
  for (const key of Object.keys(fields) as (keyof F & string)[]) {
    const field = fields[key]
    const value = field.read(elementsOf(body).filter(({ name }) => field.locals.includes(localName(name))))
    if (value !== undefined) found[key] = value
  }
  return found
}

/**
 * The body with some fields of a form changed; `undefined` removes one.
 *
 * What is there is replaced where it stands, what is new goes where the schema of `namespace` has it. Comments and
 * elements that the form does not know stay.
 */
export function writeForm<F>(
  fields: FormFields<F>,
  body: readonly Content[],
  patch: { readonly [K in keyof F]?: F[K] | undefined },
  { action, namespace }: { readonly action: string; readonly namespace: string },
): readonly Content[] {
  const [prefix, local] = splitName(action)
  const order = orderOf(namespace, local)
  let next = body
  for (const key of Object.keys(patch) as (keyof F & string)[]) {
    const field = fields[key]
    const value = patch[key]
    const made = value === undefined || value === null ? [] : field.write(value, (name) => joinName(prefix, name))
    next = replace(next, field.locals, made, order)
  }
  return next
}

function replace(
  body: readonly Content[],
  locals: readonly string[],
  made: readonly Element[],
  order: readonly string[],
): readonly Content[] {
  const isIt = (each: Content): boolean => isElement(each) && locals.includes(localName(each.name))
  const first = body.findIndex(isIt)
  const others = body.filter((each) => !isIt(each))
  const at = first >= 0 ? first : placeOf(others, locals, order)
  const place = at < 0 ? others.length : at
  return [...others.slice(0, place), ...made, ...others.slice(place)]
}

// Before the first element that the schema has behind it.
function placeOf(body: readonly Content[], locals: readonly string[], order: readonly string[]): number {
  const own = Math.max(...locals.map((local) => order.indexOf(local)))
  if (own < 0) return body.length
  return body.findIndex((each) => isElement(each) && order.indexOf(localName(each.name)) > own)
}

/** Names of an action's elements in the order of its schema. */
function orderOf(namespace: string, local: string): readonly string[] {
  const schema = schemaOf(namespace)
  const type = getOwn(schema?.elements ?? {}, local)
  const [content = ""] = getOwn(schema?.types ?? {}, type ?? "") ?? []
  return [...new Set(namesOf(particleOf(content)))]
}

function namesOf(particle: Particle): readonly string[] {
  switch (particle.kind) {
    case "element":
      return [particle.name]
    case "any":
      return []
    case "repeat":
      return namesOf(particle.part)
    case "sequence":
    case "choice":
      return particle.parts.flatMap(namesOf)
  }
}

function propertyOf({ children }: Element): Property {
  const find = (local: string): Element | undefined =>
    elementsOf(children).find(({ name }) => localName(name) === local)
  const [name, value, description] = [find("name"), find("value"), find("description")]
  return {
    name: name === undefined ? "" : textOf(name),
    value: value === undefined ? "" : textOf(value),
    ...(description === undefined ? {} : { description: textOf(description) }),
  }
}

function propertyElement({ name, value, description }: Property, named: (local: string) => string): Element {
  const parts = [element(named("name"), [], textContent(name)), element(named("value"), [], textContent(value))]
  if (description !== undefined) parts.push(element(named("description"), [], textContent(description)))
  return element(named("property"), [], parts)
}

function textContent(text: string): readonly string[] {
  return text === "" ? [] : [text]
}
