import { MillraceError } from "@millrace/ports"
import type { XmlAttribute, XmlComment, XmlContent, XmlDocument, XmlElement, XmlInstruction } from "./ast.ts"
import { findNonXml, isBlank, isName } from "./characters.ts"
import { defaultXmlLimits } from "./limits.ts"
import { enter, outermost, type Scope } from "./namespaces.ts"

/**
 * Writes a document, indented by four spaces, in UTF-8 with its declaration.
 *
 * Reading it again gives the same document. Whatever texts hold stays text: nothing that a field says can end its
 * element, begin another, or leave a comment.
 *
 * @throws MillraceError `invalid` naming the place of what no XML can say: a name that is none, a prefix that is not
 *   declared, a character that XML does not have, a comment with "--".
 */
export function printXml({ before, root, after }: XmlDocument): string {
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>']
  for (const aside of before) lines.push(printAside(aside))
  lines.push(printElement(root, "", outermost, 1))
  for (const aside of after) lines.push(printAside(aside))
  return `${lines.join("\n")}\n`
}

const step = "    "

function printElement(element: XmlElement, indent: string, outer: Scope, depth: number): string {
  const { name, attributes = [], children = [] } = element
  if (depth > defaultXmlLimits.maxDepth)
    throw unprintable(`elements are nested more than ${defaultXmlLimits.maxDepth} levels deep`)
  if (!isName(name)) throw unprintable(`"${name}" is no name of an element`)
  const names = new Set(attributes.map(([each]) => each))
  if (names.size < attributes.length) throw unprintable(`<${name}> has an attribute twice`)
  const scope = enter(name, attributes, outer)
  if (typeof scope === "string") throw unprintable(`<${name}>: ${scope}`)
  const start = `<${name}${attributes.map((each) => printAttribute(name, each)).join("")}`
  if (children.length === 0) return `${start}/>`
  const hasElement = children.some((child) => typeof child === "object" && "name" in child)
  const texts = children.filter((child) => typeof child === "string")
  if (!hasElement || texts.length > 0) {
    // White space among elements is only kept by readers where it is written as references.
    const isSpaceMeant = hasElement && texts.every((text) => isBlank(text))
    const inner = children.map((child) =>
      typeof child === "string" ? escapeText(child, isSpaceMeant) : printContent(child, "", scope, depth),
    )
    return `${start}>${inner.join("")}</${name}>`
  }
  const lines = children
    .filter((child) => typeof child !== "string")
    .map((child) => `${indent}${step}${printContent(child, indent + step, scope, depth)}`)
  return `${start}>\n${lines.join("\n")}\n${indent}</${name}>`
}

function printContent(child: Exclude<XmlContent, string>, indent: string, scope: Scope, depth: number): string {
  return "name" in child ? printElement(child, indent, scope, depth + 1) : printAside(child)
}

function printAttribute(element: string, [name, value]: XmlAttribute): string {
  if (!isName(name)) throw unprintable(`"${name}" is no name of an attribute of <${element}>`)
  return ` ${name}="${escapeValue(value)}"`
}

function printAside(aside: XmlContent): string {
  if (typeof aside === "object" && "comment" in aside) return printComment(aside)
  if (typeof aside === "object" && "instruction" in aside) return printInstruction(aside)
  throw unprintable("only comments may stand beside the root")
}

function printComment({ comment }: XmlComment): string {
  if (comment.includes("--") || comment.endsWith("-")) throw unprintable('a comment holds "--" or ends with "-"')
  return `<!--${checked(comment)}-->`
}

function printInstruction({ instruction, data }: XmlInstruction): string {
  if (!isName(instruction) || instruction.includes(":") || /^xml$/i.test(instruction) || data.includes("?>")) {
    throw unprintable(`<?${instruction}?> is no instruction`)
  }
  return data === "" ? `<?${instruction}?>` : `<?${instruction} ${checked(data)}?>`
}

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
  " ": "&#32;",
}

function escapeText(text: string, isSpaceMeant: boolean): string {
  return checked(text).replaceAll(isSpaceMeant ? /[\t\n\r ]/g : /[&<>\r]/g, (found) => escapes[found] ?? found)
}

function escapeValue(value: string): string {
  return checked(value).replaceAll(/[&<>"\t\n\r]/g, (found) => escapes[found] ?? found)
}

function checked(text: string): string {
  const bad = findNonXml(text)
  if (bad < 0) return text
  const code = (text.codePointAt(bad) ?? 0).toString(16).toUpperCase().padStart(4, "0")
  throw unprintable(`the text "${text.slice(0, 40)}" holds the character U+${code}, which no XML can hold`)
}

function unprintable(what: string): MillraceError {
  return new MillraceError(`The definition cannot be written: ${what}.`, { kind: "invalid" })
}
