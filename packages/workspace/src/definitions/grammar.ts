import { getOwn } from "@millrace/model"

/**
 * What an element of a type may hold, and its attributes.
 *
 * Content: names in the order in which they stand, `name:TYPE` where one is not plain text; `a|b` is either, in
 * brackets; `?`, `*`, `+` and `{2,}` count as usual. `@other` is an element of another namespace, `@sla` an SLA. `#` is
 * text, nothing is nothing. Attributes: `name!` is required. A type that begins with `=` is one of text.
 */
export type TypeRule = readonly [content: string, attributes: string]

/** One version of a schema: its elements, and its types by name. */
export interface SchemaGrammar {
  readonly elements: Readonly<Record<string, string>>
  readonly types: Readonly<Record<string, TypeRule>>
}

export type Particle =
  | { readonly kind: "element"; readonly name: string; readonly type: string }
  | { readonly kind: "any"; readonly of: string }
  | { readonly kind: "sequence" | "choice"; readonly parts: readonly Particle[] }
  | { readonly kind: "repeat"; readonly part: Particle; readonly least: number; readonly most: number }

export interface AttributeRule {
  readonly name: string
  readonly type: string
  readonly isRequired: boolean
}

const known = new Map<string, Particle>()

/** The content of a rule, read once. */
export function particleOf(content: string): Particle {
  let particle = known.get(content)
  if (particle === undefined) known.set(content, (particle = new Reader(content).read()))
  return particle
}

export function attributesOf(attributes: string): readonly AttributeRule[] {
  return attributes.split(" ").flatMap((each) => {
    const [, name = "", mark, type = ""] = /^([^!:]+)(!)?(?::(.*))?$/.exec(each) ?? []
    return name === "" ? [] : [{ name, type, isRequired: mark === "!" }]
  })
}

// Rules are our own constants: what does not parse is a fault of this package.
class Reader {
  readonly #tokens: readonly string[]
  #at = 0

  constructor(content: string) {
    this.#tokens = content.match(/=one\([^)]*\)|[A-Za-z_][\w.-]*|@\w+|\{\d+,\d*\}|[()|?*+:=]| +/g) ?? []
  }

  read(): Particle {
    const particle = this.#choice()
    if (this.#at < this.#tokens.length) throw new Error(`A rule does not parse: ${this.#tokens.join("")}`)
    return particle
  }

  #choice(): Particle {
    const parts = [this.#sequence()]
    while (this.#take("|")) parts.push(this.#sequence())
    const [only] = parts
    return parts.length === 1 && only !== undefined ? only : { kind: "choice", parts }
  }

  #sequence(): Particle {
    const parts: Particle[] = []
    for (;;) {
      while (/^ +$/.test(this.#tokens[this.#at] ?? "")) this.#at++
      const next = this.#tokens[this.#at]
      if (next === undefined || next === "|" || next === ")") break
      parts.push(this.#counted())
    }
    const [only] = parts
    return parts.length === 1 && only !== undefined ? only : { kind: "sequence", parts }
  }

  #counted(): Particle {
    const part = this.#single()
    const mark = this.#tokens[this.#at] ?? ""
    const [, least, most] = /^\{(\d+),(\d*)\}$/.exec(mark) ?? []
    const counts: Readonly<Record<string, readonly [number, number]>> = {
      "?": [0, 1],
      "*": [0, Number.POSITIVE_INFINITY],
      "+": [1, Number.POSITIVE_INFINITY],
    }
    const count =
      least === undefined
        ? getOwn(counts, mark)
        : [Number(least), most === "" ? Number.POSITIVE_INFINITY : Number(most)]
    if (count === undefined) return part
    this.#at++
    return { kind: "repeat", part, least: count[0] ?? 0, most: count[1] ?? 0 }
  }

  #single(): Particle {
    if (this.#take("(")) {
      const inner = this.#choice()
      if (!this.#take(")")) throw new Error(`A rule does not parse: ${this.#tokens.join("")}`)
      return inner
    }
    const name = this.#tokens[this.#at++] ?? ""
    if (name.startsWith("@")) return { kind: "any", of: name }
    return { kind: "element", name, type: this.#take(":") ? this.#type() : "" }
  }

  #type(): string {
    const isText = this.#take("=")
    const name = this.#tokens[this.#at++] ?? ""
    return isText ? `=${name}` : name
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false
    this.#at++
    return true
  }
}
