import { MillraceError } from "@millrace/ports"

/** What is wrong in a catalogue file, and where. */
export interface CatalogProblem {
  /** From 1. */
  readonly line: number
  /** Such as `columns[3].type`; empty where the table as a whole is meant. */
  readonly field: string
  readonly reason: string
}

/** Most problems that are told at once: whoever mends a file mends it from the top. */
export const maxProblems = 20

/** Collects the first problems and counts on. */
export class Problems {
  readonly #first: CatalogProblem[] = []
  #count = 0

  add(line: number, field: string, reason: string): void {
    this.#count++
    if (this.#first.length < maxProblems) this.#first.push({ line, field, reason })
  }

  get count(): number {
    return this.#count
  }

  /** In the order of lines. */
  get first(): readonly CatalogProblem[] {
    return [...this.#first].sort((a, b) => a.line - b.line)
  }

  /** One error of kind `invalid` that names line and field of each. */
  toError(): MillraceError {
    const lines = this.first.map(
      ({ line, field, reason }) => `line ${line}${field === "" ? "" : `, field "${field}"`}: ${reason}`,
    )
    const more = this.#count > lines.length ? [`and ${this.#count - lines.length} more`] : []
    const head = `The catalogue has ${this.#count === 1 ? "a problem" : `${this.#count} problems`}, nothing was taken from it`
    return new MillraceError([`${head}:`, ...lines, ...more].join("\n  "), { kind: "invalid" })
  }
}
