/** A call or a name that an expression uses. */
export interface ElUse {
  readonly kind: "function" | "variable"
  /** `coord:current`, or `queue_name`. */
  readonly name: string
}

export interface ElReading {
  /** What is wrong, in one line; undefined where every expression is one. */
  readonly fault: string | undefined
  readonly uses: readonly ElUse[]
}

const maxNesting = 100

/**
 * Reads the expressions `${...}` of a text, by the grammar that the servers' evaluator has.
 *
 * Only syntax: which variables a job has is known when it runs.
 */
export function readEl(text: string): ElReading {
  const uses: ElUse[] = []
  let at = text.indexOf("${")
  while (at >= 0) {
    const reader = new Expression(text, at + 2, uses)
    const fault = reader.read()
    if (fault !== undefined) return { fault: `"${text.slice(at, at + 60)}": ${fault}`, uses }
    at = text.indexOf("${", reader.at)
  }
  return { fault: undefined, uses }
}

/**
 * A text as an expression that says just that text, whatever it holds: for values that are no part of a definition and
 * are put into one.
 */
export function elLiteral(text: string): string {
  return text.replaceAll("${", '${"$"}{')
}

const operators = /^(?:==|!=|<=|>=|&&|\|\||[-+*/%<>?!]|(?:div|mod|eq|ne|lt|gt|le|ge|and|or|not|empty)(?![\w$]))/
const numbers = /^(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/
const names = /^[\p{L}_$][\p{L}\p{N}_$]*/u

class Expression {
  at: number
  readonly #text: string
  readonly #uses: ElUse[]
  #depth = 0

  constructor(text: string, at: number, uses: ElUse[]) {
    this.#text = text
    this.at = at
    this.#uses = uses
  }

  read(): string | undefined {
    const fault = this.#expression()
    if (fault !== undefined) return fault
    return this.#take("}") ? undefined : this.#unexpected("}")
  }

  #expression(): string | undefined {
    if (++this.#depth > maxNesting) return "it is nested too deeply"
    try {
      return this.#terms()
    } finally {
      this.#depth--
    }
  }

  /** Operands with operators between them; which binds stronger does not matter to whether it can be read. */
  #terms(): string | undefined {
    for (;;) {
      this.#prefixes()
      const fault = this.#operand()
      if (fault !== undefined) return fault
      this.#space()
      const operator = this.#match(operators)
      if (operator === undefined) return undefined
      if (operator === "!" || operator === "not" || operator === "empty")
        return `"${operator}" stands where nothing can`
      if (operator !== "?") continue
      const chosen = this.#expression()
      if (chosen !== undefined) return chosen
      if (!this.#take(":")) return this.#unexpected(":")
    }
  }

  #prefixes(): void {
    do this.#space()
    while (this.#match(/^(?:[-!]|(?:not|empty)(?![\w$]))/) !== undefined)
  }

  #operand(): string | undefined {
    const next = this.#text[this.at]
    if (next === undefined) return 'its "}" is missing'
    if (next === '"' || next === "'") return this.#string(next) ?? this.#suffixes()
    if (this.#take("(")) {
      const fault = this.#expression()
      if (fault !== undefined) return fault
      return this.#take(")") ? this.#suffixes() : this.#unexpected(")")
    }
    if (this.#match(numbers) !== undefined) return undefined
    const name = this.#match(names)
    if (name === undefined) return next === "}" ? "something is missing" : `"${next}" stands where nothing can`
    if (["true", "false", "null"].includes(name)) return undefined
    return this.#named(name)
  }

  #named(first: string): string | undefined {
    let name = first
    const prefixed = /^:([\p{L}_$][\p{L}\p{N}_$]*)(?=\s*\()/u.exec(this.#text.slice(this.at, this.at + 200))
    if (prefixed !== null) {
      this.at += prefixed[0].length
      name = `${first}:${prefixed[1]}`
    }
    this.#space()
    if (!this.#take("(")) {
      this.#uses.push({ kind: "variable", name })
      return this.#suffixes()
    }
    this.#uses.push({ kind: "function", name })
    this.#space()
    if (this.#take(")")) return this.#suffixes()
    for (;;) {
      const fault = this.#expression()
      if (fault !== undefined) return fault
      if (this.#take(")")) return this.#suffixes()
      if (!this.#take(",")) return this.#unexpected(")")
    }
  }

  #suffixes(): string | undefined {
    for (;;) {
      if (this.#take(".")) {
        this.#space()
        if (this.#match(names) === undefined) return 'a name is missing behind "."'
      } else if (this.#take("[")) {
        const fault = this.#expression()
        if (fault !== undefined) return fault
        if (!this.#take("]")) return this.#unexpected("]")
      } else return undefined
    }
  }

  #string(quote: string): string | undefined {
    for (this.at++; this.at < this.#text.length; this.at++) {
      const here = this.#text[this.at]
      if (here === "\\") this.at++
      else if (here === quote) {
        this.at++
        return undefined
      }
    }
    return `a text that begins with ${quote} does not end`
  }

  #space(): void {
    while (/\s/.test(this.#text[this.at] ?? "")) this.at++
  }

  #take(wanted: string): boolean {
    this.#space()
    if (!this.#text.startsWith(wanted, this.at)) return false
    this.at += wanted.length
    return true
  }

  #match(pattern: RegExp): string | undefined {
    const found = pattern.exec(this.#text.slice(this.at, this.at + 300))?.[0]
    if (found !== undefined) this.at += found.length
    return found
  }

  #unexpected(wanted: string): string {
    this.#space()
    const found = this.#text[this.at]
    return found === undefined ? `its "${wanted}" is missing` : `"${found}" stands where "${wanted}" is wanted`
  }
}
