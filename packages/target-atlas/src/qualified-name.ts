import { createHash } from "node:crypto"

/** Longest id that stands in a qualified name as it is: names travel in URLs, whose length Atlas limits. */
const maxIdChars = 300

/**
 * The qualified name of a record: its id, `@` and the namespace, as Atlas's own hooks write them.
 *
 * Two records never share one. `%`, control characters and half surrogate pairs become `%` and four hex digits; an id
 * that is too long is replaced by its hash. The namespace holds no `@`.
 */
export function qualifiedName(id: string, namespace: string): string {
  return `${nameOf(id)}@${namespace}`
}

function nameOf(id: string): string {
  // oxlint-disable-next-line no-control-regex -- exactly those must go
  const encoded = id.replace(/[%\u0000-\u001f\u007f-\u009f\u2028\u2029]|\p{Surrogate}/gu, hexOf)
  if (encoded.length <= maxIdChars && encodeURIComponent(encoded).length <= 3 * maxIdChars) return encoded
  // No encoded id has a "%" before anything but a hex digit.
  return `%#${createHash("sha256").update(Buffer.from(id, "utf16le")).digest("hex")}`
}

function hexOf(char: string): string {
  return `%${char.charCodeAt(0).toString(16).padStart(4, "0")}`
}

/** The id in a qualified name; the whole name where it is of another namespace, the hash where the id was too long. */
export function idInName(name: string, namespace: string): string {
  const end = `@${namespace}`
  const encoded = name.endsWith(end) ? name.slice(0, -end.length) : name
  return encoded.replace(/%([0-9a-f]{4})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
}
