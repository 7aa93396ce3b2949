import { getOwn } from "@millrace/model"
import { type Element, elementsOf, isElement, localName } from "./content.ts"
import { type AttributeRule, attributesOf, type Particle, particleOf, type TypeRule } from "./grammar.ts"
import { namespaceOf, type Scope, scopeOf } from "./parts.ts"
import { schemaOf } from "./schemas.ts"

/** A place within a definition, for people: names of elements from the outside in. */
export interface GrammarFault {
  readonly path: readonly string[]
  readonly reason: string
}

const slaNamespaces: Readonly<Record<string, readonly string[]>> = {
  "@sla": ["uri:oozie:sla:0.1", "uri:oozie:sla:0.2"],
  "@sla1": ["uri:oozie:sla:0.1"],
}

/**
 * What is wrong with an element by the schema of its namespace; nothing where only a server knows the schema.
 *
 * `type` is the element's where its parent's rule gives it; without, the schema's top-level element is meant.
 */
export function elementFaults(element: Element, outer: Scope, type?: string): readonly GrammarFault[] {
  const scope = scopeOf(element, outer)
  const namespace = namespaceOf(element, scope)
  if (namespace === undefined) return [{ path: [element.name], reason: "its prefix is not declared" }]
  const schema = schemaOf(namespace)
  if (schema === undefined) return []
  const own = type ?? getOwn(schema.elements, localName(element.name))
  if (own === undefined) return [{ path: [element.name], reason: `${namespace} has no such element` }]
  return typeFaults(element, scope, namespace, own).map(({ path, reason }) => ({
    path: [element.name, ...path],
    reason,
  }))
}

/** The same for an element whose own namespace is not to be asked: files of datasets have none. */
export function typeFaults(element: Element, scope: Scope, namespace: string, type: string): readonly GrammarFault[] {
  if (type === "" || type.startsWith("=")) return textFaults(element, type)
  const rule = getOwn(schemaOf(namespace)?.types ?? {}, type)
  if (rule === undefined) return [{ path: [], reason: `${namespace} has no type ${type}` }]
  return [...attributeFaults(element, rule), ...contentFaults(element, scope, namespace, rule)]
}

function textFaults(element: Element, type: string): readonly GrammarFault[] {
  const faults: GrammarFault[] = []
  const [inner] = elementsOf(element.children)
  if (inner !== undefined) faults.push({ path: [], reason: `it holds a text, not <${inner.name}>` })
  const [attribute] = foreignless(element)
  if (attribute !== undefined) faults.push({ path: [], reason: `it has no attribute "${attribute}"` })
  const text = (element.children ?? []).filter((child) => typeof child === "string").join("")
  const fault = valueFault(text, type)
  if (fault !== undefined) faults.push({ path: [], reason: fault })
  return faults
}

function attributeFaults(element: Element, [, attributes]: TypeRule): readonly GrammarFault[] {
  const rules = attributesOf(attributes)
  const faults: GrammarFault[] = []
  for (const name of foreignless(element)) {
    if (!rules.some((rule) => rule.name === name)) faults.push({ path: [], reason: `it has no attribute "${name}"` })
  }
  for (const rule of rules) {
    const fault = attributeFault(element, rule)
    if (fault !== undefined) faults.push({ path: [], reason: fault })
  }
  return faults
}

function attributeFault({ attributes = [] }: Element, { name, type, isRequired }: AttributeRule): string | undefined {
  const value = attributes.find(([each]) => each === name)?.[1]
  if (value === undefined) return isRequired ? `the attribute "${name}" is missing` : undefined
  const fault = valueFault(value, type)
  return fault === undefined ? undefined : `attribute "${name}": ${fault}`
}

// Declarations are no attributes; the schemas allow none of other namespaces.
function foreignless({ attributes = [] }: Element): readonly string[] {
  return attributes.map(([name]) => name).filter((name) => name !== "xmlns" && !name.startsWith("xmlns:"))
}

function contentFaults(
  element: Element,
  scope: Scope,
  namespace: string,
  [content]: TypeRule,
): readonly GrammarFault[] {
  const children = elementsOf(element.children)
  if (content === "#") {
    const [first] = children
    return first === undefined ? [] : [{ path: [], reason: `it holds a text, not <${first.name}>` }]
  }
  const hasText = (element.children ?? []).some((child) => !isElement(child) && typeof child === "string")
  if (hasText && (content === "" || children.length === 0 || element.children?.some(isMeantText) === true)) {
    return [{ path: [], reason: content === "" ? "nothing can stand in it" : "no text can stand in it" }]
  }
  const match = new Match(children, scope, namespace)
  const found = match.run(particleOf(content))
  if (found !== undefined) return [{ path: [], reason: found }]
  return children.flatMap((child, at) => {
    const type = match.typeAt(at)
    if (type === undefined) return elementFaults(child, scope)
    return typeFaults(child, scopeOf(child, scope), namespace, type).map(({ path, reason }) => ({
      path: [child.name, ...path],
      reason,
    }))
  })
}

function isMeantText(child: unknown): boolean {
  return typeof child === "string" && child.trim() !== ""
}

/** Finds whether a row of elements is what a rule asks for, and which type each has. */
class Match {
  readonly #children: readonly Element[]
  readonly #names: readonly (readonly [namespace: string | undefined, local: string])[]
  readonly #namespace: string
  readonly #types = new Map<number, string | undefined>()
  #farthest = 0
  #expected = new Set<string>()

  constructor(children: readonly Element[], scope: Scope, namespace: string) {
    this.#children = children
    this.#namespace = namespace
    this.#names = children.map((child) => [namespaceOf(child, scopeOf(child, scope)), localName(child.name)])
  }

  /** Why the row is none; undefined where it is. */
  run(particle: Particle): string | undefined {
    const ends = this.#ends(particle, new Set([0]))
    if (ends.has(this.#children.length)) return undefined
    const next = this.#children[this.#farthest]
    const expected = [...this.#expected].join(", ")
    const wanted = expected === "" ? "" : `; wanted here: ${expected}`
    return next === undefined
      ? `something is missing at its end${wanted}`
      : `<${next.name}> cannot stand there${wanted}`
  }

  /** The type that the rule gives the element; undefined where its own schema says. */
  typeAt(at: number): string | undefined {
    return this.#types.get(at)
  }

  #ends(particle: Particle, starts: ReadonlySet<number>): ReadonlySet<number> {
    switch (particle.kind) {
      case "element":
        return this.#step(starts, `<${particle.name}>`, particle.type, ([namespace, local]) => {
          return local === particle.name && namespace === this.#namespace
        })
      case "any":
        return this.#step(
          starts,
          particle.of === "@other" ? "an action of an extension" : "an SLA",
          undefined,
          (name) => this.#isAny(particle.of, name),
        )
      case "sequence":
        return particle.parts.reduce((from, part) => this.#ends(part, from), starts)
      case "choice":
        return new Set(particle.parts.flatMap((part) => [...this.#ends(part, starts)]))
      case "repeat":
        return this.#repeat(particle, starts)
    }
  }

  #step(
    starts: ReadonlySet<number>,
    what: string,
    type: string | undefined,
    isIt: (name: readonly [string | undefined, string]) => boolean,
  ): ReadonlySet<number> {
    const ends = new Set<number>()
    for (const at of starts) {
      const name = this.#names[at]
      if (name !== undefined && isIt(name)) {
        ends.add(at + 1)
        this.#types.set(at, type)
        this.#reach(at + 1, undefined)
      } else this.#reach(at, what)
    }
    return ends
  }

  #repeat(
    { part, least, most }: Extract<Particle, { readonly kind: "repeat" }>,
    starts: ReadonlySet<number>,
  ): ReadonlySet<number> {
    const found = new Set<number>(least === 0 ? starts : [])
    let from = starts
    for (let count = 1; count <= most && from.size > 0; count++) {
      const ends = this.#ends(part, from)
      const fresh = count >= least ? [...ends].filter((end) => !found.has(end)) : [...ends]
      if (count >= least) for (const end of fresh) found.add(end)
      // A round that takes nothing may be repeated as often as is asked for.
      if (count < least && [...ends].every((end) => from.has(end)) && ends.size === from.size) count = least - 1
      from = new Set(fresh)
    }
    return found
  }

  #isAny(of: string, [namespace]: readonly [string | undefined, string]): boolean {
    if (of === "@other") return namespace !== this.#namespace && namespace !== "" && namespace !== undefined
    return slaNamespaces[of]?.includes(namespace ?? "") ?? false
  }

  #reach(at: number, expected: string | undefined): void {
    if (at < this.#farthest) return
    if (at > this.#farthest) {
      this.#farthest = at
      this.#expected = new Set<string>()
    }
    if (expected !== undefined && this.#expected.size < 8) this.#expected.add(expected)
  }
}

function valueFault(text: string, type: string): string | undefined {
  switch (type) {
    case "":
      return undefined
    case "=name":
      return /^[a-zA-Z][-_a-zA-Z0-9]*$/.test(text) ? undefined : nameFault(text, "a letter")
    case "=name_":
      return /^[a-zA-Z_][-_a-zA-Z0-9]*$/.test(text) ? undefined : nameFault(text, 'a letter or "_"')
    case "=boolean":
      return /^\s*(?:true|false|0|1)\s*$/.test(text) ? undefined : `"${text.slice(0, 40)}" is neither true nor false`
    case "=short":
      return numberFault(text, -32_768, 32_767)
    case "=unsignedInt":
      return numberFault(text, 0, 4_294_967_295)
    case "=percent":
      return numberFault(text, 0, 100)
    default: {
      const allowed = /^=one\((.*)\)$/.exec(type)?.[1]?.split("|") ?? []
      return allowed.includes(text) ? undefined : `"${text.slice(0, 40)}" is none of ${allowed.join(", ")}`
    }
  }
}

function nameFault(text: string, first: string): string {
  return `"${text.slice(0, 40)}" is no name: letters, digits, "-" and "_", beginning with ${first}`
}

function numberFault(text: string, least: number, most: number): string | undefined {
  const isIn = /^\s*[+-]?\d{1,15}\s*$/.test(text) && Number(text) >= least && Number(text) <= most
  return isIn ? undefined : `"${text.slice(0, 40)}" is no whole number from ${least} to ${most}`
}
