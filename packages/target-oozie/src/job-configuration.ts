import { MillraceError } from "@millrace/ports"

/** Properties of a job, by name. */
export type Properties = Readonly<Record<string, string>>

// The characters that XML 1.0 has. Lone halves of surrogate pairs are none.
const nonXml = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u

/**
 * The `<configuration>` of a submission, sorted by name. A name or value can add nothing but itself.
 *
 * @throws MillraceError `invalid` for a character that no XML can hold.
 */
export function jobConfiguration(properties: Properties): string {
  const lines = Object.entries(properties)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([name, value]) =>
        `<property><name>${escaped(name, name)}</name><value>${escaped(value, name)}</value></property>`,
    )
  return `<configuration>${lines.join("")}</configuration>`
}

/** Reads what `jobConfiguration` or Oozie wrote. Anything else has no properties. */
export function readConfiguration(xml: string): Properties {
  const properties: Record<string, string> = Object.create(null) as Record<string, string>
  const each = /<property>\s*<name>([^<]*)<\/name>\s*<value>([^<]*)<\/value>[\s\S]*?<\/property>/g
  for (const [, name = "", value = ""] of xml.matchAll(each)) properties[plain(name)] = plain(value)
  return properties
}

function escaped(text: string, name: string): string {
  if (nonXml.test(text)) {
    throw new MillraceError(`The property "${name}" holds a character that no XML can hold.`, { kind: "invalid" })
  }
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/\t/g, "&#9;")
    .replace(/\n/g, "&#10;")
    .replace(/\r/g, "&#13;")
}

function plain(text: string): string {
  return text
    .replace(/&#(\d{1,7});/g, (_, code: string) => String.fromCodePoint(Math.min(Number(code), 0x10ffff)))
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&apos;/g, "'")
    .replace(/&amp;/g, "&")
}
