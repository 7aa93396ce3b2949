/** What the filter box asks for: every term must match; `column:` terms look at column names. */
export interface Query {
  readonly terms: readonly string[]
  readonly columnTerms: readonly string[]
}

export const everything: Query = { terms: [], columnTerms: [] }

const columnPrefix = "column:"

/** Words are separated by blanks; case does not matter; `column:name` asks for datasets that have such a column. */
export function parseQuery(text: string): Query {
  const words = text
    .toLowerCase()
    .split(/\s+/u)
    .filter((word) => word !== "")
  const terms = words.filter((word) => !word.startsWith(columnPrefix))
  const columnTerms = words
    .filter((word) => word.startsWith(columnPrefix))
    .map((word) => word.slice(columnPrefix.length))
    .filter((word) => word !== "")
  return { terms, columnTerms }
}

/** The text in which plain terms are looked for: the qualified name and every text field, lower case. */
export function haystackOf(id: string, record: Readonly<Record<string, unknown>>): string {
  let text = id
  for (const value of Object.values(record)) if (typeof value === "string") text += `\n${value}`
  return text.toLowerCase()
}

/** `columnNames` is asked only when the query has column terms; its names are lower case. */
export function matches(query: Query, haystack: string, columnNames: () => Iterable<string>): boolean {
  for (const term of query.terms) if (!haystack.includes(term)) return false
  if (query.columnTerms.length === 0) return true
  const names = Array.from(columnNames())
  return query.columnTerms.every((term) => names.some((name) => name.includes(term)))
}
