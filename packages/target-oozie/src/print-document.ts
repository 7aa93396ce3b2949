import { type Content, type DefinitionDocument, isElement } from "@millrace/workspace"

/** A definition as XML. No text or attribute can add an element. */
export function printDocument({ before, root, after }: DefinitionDocument): string {
  const parts = [...before, root, ...after].map((content) => print(content, 0))
  return `<?xml version="1.0" encoding="UTF-8"?>\n${parts.join("\n")}\n`
}

function print(content: Content, depth: number): string {
  const margin = "  ".repeat(depth)
  if (typeof content === "string") return escaped(content)
  if (!isElement(content)) {
    if ("comment" in content) return `${margin}<!--${content.comment}-->`
    return `${margin}<?${content.instruction} ${content.data}?>`
  }
  const { name, attributes = [], children = [] } = content
  const open = `${margin}<${name}${attributes.map(([key, value]) => ` ${key}="${escaped(value).replace(/"/g, "&quot;")}"`).join("")}`
  if (children.length === 0) return `${open}/>`
  // White space counts beside text.
  if (children.some((child) => typeof child === "string")) {
    return `${open}>${children.map((child) => print(child, 0)).join("")}</${name}>`
  }
  return `${open}>\n${children.map((child) => print(child, depth + 1)).join("\n")}\n${margin}</${name}>`
}

function escaped(text: string): string {
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/[\t\n\r]/g, (character) => (character === "\r" ? "&#13;" : character))
}
