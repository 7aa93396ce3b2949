import type { Content, Markup, Pair } from "./content.ts"

/** Most levels of elements within a field: no schema needs a tenth of it. */
export const maxElementDepth = 32

// The characters that XML 1.0 has. Lone halves of surrogate pairs are none.
const nonXml = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u
const nameStart =
  "A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}"
const ncName = `[${nameStart}][${nameStart}\\-.0-9\\u00B7\\u0300-\\u036F\\u203F-\\u2040]*`
const qualifiedName = new RegExp(`^${ncName}(?::${ncName})?$`, "u")

/** Why a text cannot stand in a definition; undefined where it can. */
export function textFault(text: string): string | undefined {
  const found = nonXml.exec(text)
  if (found === null) return undefined
  const code = (found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")
  return `it holds the character U+${code}, which no XML can hold`
}

export function isXmlName(name: string): boolean {
  return qualifiedName.test(name)
}

/** Why a value is no content of a definition; undefined where it is. Never throws, whatever it is given. */
export function contentFault(value: unknown, depth = 0): string | undefined {
  if (typeof value === "string") return textFault(value)
  if (typeof value !== "object" || value === null) return "a text, an element or a comment is wanted"
  if ("comment" in value) return commentFault(value)
  if ("instruction" in value) return instructionFault(value)
  if (depth >= maxElementDepth) return `elements are nested more than ${maxElementDepth} levels deep`
  return elementFault(value, depth)
}

export function isContent(value: unknown): value is Content {
  return contentFault(value) === undefined
}

export function pairsFault(value: unknown): string | undefined {
  if (!Array.isArray(value)) return "attributes are a list of names with values"
  const seen = new Set<string>()
  for (const pair of value as readonly unknown[]) {
    if (!Array.isArray(pair) || pair.length !== 2 || pair.some((each) => typeof each !== "string")) {
      return "an attribute is a name with a text"
    }
    const [name, text] = pair as unknown as Pair
    if (!isXmlName(name)) return `"${name}" is no name of an attribute`
    if (seen.has(name)) return `the attribute "${name}" is given twice`
    seen.add(name)
    const fault = textFault(text)
    if (fault !== undefined) return `attribute "${name}": ${fault}`
  }
  return undefined
}

export function markupFault(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "markup is an object"
  const { name, attributes, before, inside, ...others } = value as Readonly<Record<keyof Markup, unknown>>
  const other = Object.keys(others)[0]
  if (other !== undefined) return `markup has no "${other}"`
  if (name !== undefined && (typeof name !== "string" || !isXmlName(name))) return "its name is no name of an element"
  if (attributes !== undefined) {
    const fault = pairsFault(attributes)
    if (fault !== undefined) return fault
  }
  return asideFault(before) ?? asideFault(inside)
}

/** As `contentFault` for a list that holds no elements. */
export function asideFault(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value)) return "a list is wanted"
  for (const each of value as readonly unknown[]) {
    const isOther = typeof each === "object" && each !== null && "name" in each
    const fault = isOther ? "only comments may stand here" : contentFault(each)
    if (fault !== undefined) return fault
  }
  return undefined
}

/** As `asideFault` for what stands outside the root, where no text can. */
export function outsideFault(value: unknown): string | undefined {
  const text = Array.isArray(value) && value.some((each) => typeof each === "string")
  return text ? "only comments may stand here" : asideFault(value)
}

function commentFault(value: object): string | undefined {
  const { comment, ...others } = value as Readonly<Record<string, unknown>>
  if (typeof comment !== "string" || Object.keys(others).length > 0) return "a comment is a text"
  if (comment.includes("--") || comment.endsWith("-")) return 'a comment cannot hold "--" or end with "-"'
  return textFault(comment)
}

function instructionFault(value: object): string | undefined {
  const { instruction, data, ...others } = value as Readonly<Record<string, unknown>>
  if (typeof instruction !== "string" || typeof data !== "string" || Object.keys(others).length > 0) {
    return "an instruction has a name and a text"
  }
  if (!isXmlName(instruction) || instruction.includes(":") || /^xml$/i.test(instruction)) {
    return `"${instruction}" is no name of an instruction`
  }
  if (data.includes("?>") || /^\s/.test(data)) return 'an instruction cannot hold "?>" or begin with a space'
  return textFault(data)
}

function elementFault(value: object, depth: number): string | undefined {
  const { name, attributes, children, ...others } = value as Readonly<Record<string, unknown>>
  if (typeof name !== "string" || !isXmlName(name)) return "an element has a name"
  const other = Object.keys(others)[0]
  if (other !== undefined) return `<${name}>: an element has no "${other}"`
  const fault = attributes === undefined ? undefined : pairsFault(attributes)
  if (fault !== undefined) return `<${name}>: ${fault}`
  if (children === undefined) return undefined
  if (!Array.isArray(children)) return `<${name}>: what stands inside is a list`
  for (const child of children as readonly unknown[]) {
    const inner = contentFault(child, depth + 1)
    if (inner !== undefined) return `<${name}>: ${inner}`
  }
  return undefined
}
