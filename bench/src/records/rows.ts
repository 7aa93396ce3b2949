/** A record of 8 fields, as catalogues have them. */
export type BenchRecord = Readonly<Record<string, string | number | boolean | null>>

export const fieldNames: readonly string[] = [
  "database",
  "name",
  "external",
  "comment",
  "position",
  "format",
  "location",
  "owner",
]

export function recordAt(at: number): BenchRecord {
  return {
    database: `database_${at % 50}`,
    name: `table_number_${at}`,
    external: at % 2 === 0,
    comment: "What the rows of this table stand for",
    position: at,
    format: "PARQUET",
    location: `hdfs://namenode:8020/data/${at}`,
    owner: null,
  }
}

export function idAt(at: number): string {
  return `row-${at}`
}

/** What a field says after its edit number `edit`: as long as before, of the same type. */
export function editedValue(field: string, at: number, edit: number): string | number | boolean | null {
  const old = recordAt(at)[field]
  if (typeof old === "number") return old + 1_000_000 + edit
  if (typeof old === "boolean") return !old
  return old === null || old === undefined ? `owner_${at % 90}` : `${old.slice(0, -1)}${edit % 10 === 0 ? "x" : "y"}`
}

/** Every field of every record once, in an order that is random and always the same. */
export function shuffledEdits(records: number): Uint32Array {
  const edits = new Uint32Array(records * fieldNames.length)
  for (let at = 0; at < edits.length; at++) edits[at] = at
  let state = 20_261_126
  for (let at = edits.length - 1; at > 0; at--) {
    // Numerical Recipes' generator: enough for an order.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const other = state % (at + 1)
    const kept = edits[at] ?? 0
    edits[at] = edits[other] ?? 0
    edits[other] = kept
  }
  return edits
}
