/** One comparison, as `--json` prints it. */
export interface Row {
  readonly name: string
  /** Whom `theirs` was measured of. */
  readonly peer: string
  readonly unit: string
  /** Null where it could not be measured. */
  readonly ours: number | null
  readonly theirs: number | null
  /** ours / theirs. */
  readonly ratio: number | null
  /** Of the ratio, such as "<=1.1"; with the word ours, of our own figure; null where none is set. */
  readonly goal: string | null
  readonly met: boolean | null
}

const goalForm = /^(ours)?(<=|>=)(\d+(?:\.\d+)?)$/

/** A row with its ratio and verdict; a goal whose figures are missing is not met. Throws for a goal of another form. */
export function judged(row: Omit<Row, "ratio" | "met">): Row {
  const { ours, theirs, goal } = row
  const ratio = ours === null || theirs === null || theirs === 0 ? null : rounded(ours / theirs)
  const { name, peer, unit } = row
  return { name, peer, unit, ours, theirs, ratio, goal, met: goal === null ? null : meets(goal, ours, ratio) }
}

function meets(goal: string, ours: number | null, ratio: number | null): boolean {
  const [, whose, sign, limit] = goalForm.exec(goal) ?? []
  if (sign === undefined) throw new Error(`A goal is written like "<=1.1" or "ours<=100", not "${goal}".`)
  const figure = whose === "ours" ? ours : ratio
  if (figure === null) return false
  return sign === "<=" ? figure <= Number(limit) : figure >= Number(limit)
}

/** Three significant digits: more would only pretend. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3))
}
