/**
 * JSON text with the keys of every object sorted and no space.
 *
 * It works on parsed JSON, not on values: what the canonical form writes as tagged objects stays as it is. So reading
 * canonical text, however a person laid it out since, and printing it again gives canonical text.
 */
export function sortedJson(parsed: unknown): string {
  if (Array.isArray(parsed)) return `[${parsed.map(sortedJson).join(",")}]`
  if (typeof parsed === "object" && parsed !== null) {
    const entries = Object.entries(parsed).sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${sortedJson(value)}`).join(",")}}`
  }
  return JSON.stringify(parsed)
}
