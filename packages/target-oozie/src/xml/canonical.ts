import type { XmlContent, XmlDocument, XmlElement } from "./ast.ts"

/**
 * One text for all documents that say the same: comments, instructions, the order of attributes and the white space
 * between elements do not count. Two documents are canonically equal where their texts are.
 */
export function canonicalXml({ root }: XmlDocument): string {
  return JSON.stringify(plain(root))
}

type Plain = readonly [name: string, attributes: readonly (readonly [string, string])[], ...content: unknown[]]

function plain({ name, attributes = [], children = [] }: XmlElement): Plain {
  const sorted = [...attributes].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return [name, sorted, ...contentOf(children)]
}

// Texts that only a comment kept apart are one.
function contentOf(children: readonly XmlContent[]): readonly unknown[] {
  const content: unknown[] = []
  let text = ""
  for (const child of children) {
    if (typeof child === "string") text += child
    else if ("name" in child) {
      if (text !== "") content.push(text)
      text = ""
      content.push(plain(child))
    }
  }
  if (text !== "") content.push(text)
  return content
}
