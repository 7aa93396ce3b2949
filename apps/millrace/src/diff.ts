/** One field on both sides, each as canonical JSON text; null where it is not there. */
export interface FieldDiff {
  readonly field: string
  readonly before: string | null
  readonly after: string | null
}

const maxShownChars = 200

/** Lines for people, one a field. */
export function diffLines(diff: readonly FieldDiff[]): readonly string[] {
  return diff.map(({ field, before, after }) => `    ${oneLine(field)}: ${valueText(before)} -> ${valueText(after)}`)
}

export function valueText(value: string | null): string {
  if (value === null) return "(nothing)"
  const shown = oneLine(value)
  return shown.length > maxShownChars ? `${shown.slice(0, maxShownChars)}…` : shown
}

/** Without control characters, which could make a terminal do what a document says. */
export function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "?")
}
