// Character classes of XML 1.0, fifth edition.
const nonXml = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u
const nameStart =
  "A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}"
const ncName = `[${nameStart}][${nameStart}\\-.0-9\\u00B7\\u0300-\\u036F\\u203F-\\u2040]*`

/** A qualified name at `lastIndex`. */
export const nameHere: RegExp = new RegExp(`${ncName}(?::${ncName})?`, "uy")
const wholeName = new RegExp(`^${ncName}(?::${ncName})?$`, "u")

export function isName(text: string): boolean {
  return wholeName.test(text)
}

/** Offset of the first character that no XML can hold, a lone half of a pair among them; -1 where there is none. */
export function findNonXml(text: string): number {
  return text.search(nonXml)
}

export function isBlank(text: string): boolean {
  return /^[\t\n\r ]*$/.test(text)
}
