import type { XmlContent, XmlDocument, XmlElement } from "./ast.ts"

/**
 * One text for all documents that say the same: comments, instructions, the order of attributes and the white space
 * between elements do not count. Two documents are canonically equal where their texts are.
 */
export function canonicalXml({ root }: XmlDocument): string {
  return elementText(root)
}

function elementText({ name, attributes = [], children = [] }: XmlElement): string {
  const sorted = [...attributes].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return JSON.stringify([name, sorted, ...contentTexts(children)])
}

// Texts that only a comment kept apart are one.
function contentTexts(children: readonly XmlContent[]): readonly unknown[] {
  const texts: unknown[] = []
  let text = ""
  const flush = (): void => {
    if (text !== "") texts.push({ text })
    text = ""
  }
  for (const child of children) {
    if (typeof child === "string") text += child
    else if ("name" in child) {
      flush()
      texts.push(elementText(child))
    }
  }
  flush()
  return texts
}
