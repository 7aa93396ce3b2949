import { MillraceError } from "@millrace/ports"

/** The value as an object; throws kind `usage`, as all of these do, with the path. */
export function settingsObject(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrongSetting(path, "must be an object")
  return value as Readonly<Record<string, unknown>>
}

/** Refuses a setting that is not among `names`. */
export function onlyKnown(fields: Readonly<Record<string, unknown>>, names: readonly string[], path: string): void {
  const stranger = Object.keys(fields).find((name) => !names.includes(name))
  if (stranger !== undefined)
    throw wrongSetting(`${path}.${stranger}`, `is not a setting here; there are ${names.join(", ")}`)
}

/** A text that is not empty. */
export function settingText(value: unknown, path: string): string {
  if (typeof value !== "string" || value === "") throw wrongSetting(path, "must be a text that is not empty")
  return value
}

/** A whole number within bounds; `otherwise` where it is left out. */
export function settingWhole(value: unknown, path: string, otherwise: number, least: number, most: number): number {
  if (value === undefined) return otherwise
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) {
    throw wrongSetting(path, `must be a whole number from ${least} to ${most}`)
  }
  return value
}

/** The error of a setting: its path and what is wrong. */
export function wrongSetting(path: string, what: string): MillraceError {
  return new MillraceError(`${path} ${what}.`, { kind: "usage" })
}
