import { sha256 } from "./application.ts"
import type { XmlAttribute, XmlContent, XmlElement } from "./xml/ast.ts"
import { canonicalXml } from "./xml/canonical.ts"
import { XmlFault } from "./xml/fault.ts"
import { parseXml } from "./xml/parse.ts"

/**
 * SHA-256 of what a definition says, in hex.
 *
 * Oozie keeps a submitted definition byte for byte, but prints it anew when it updates a coordinator: without the XML
 * declaration and comments, indented its own way, texts trimmed, namespaces declared once. None of that counts here.
 * What is no XML stands for itself.
 */
export function definitionDigest(text: string): string {
  try {
    return sha256(canonicalXml({ before: [], root: essence(parseXml(text).root, new Map()), after: [] }))
  } catch (error) {
    if (error instanceof XmlFault) return sha256(text)
    throw error
  }
}

function essence({ name, attributes = [], children = [] }: XmlElement, outer: ReadonlyMap<string, string>): XmlElement {
  const inner = new Map([...outer, ...attributes.filter(isDeclaration)])
  const kept = attributes.filter((one) => !isDeclaration(one) || one[1] !== (outer.get(one[0]) ?? ""))
  return { name, attributes: kept, children: contentOf(children, inner) }
}

// Texts that a comment keeps apart are one before they are trimmed.
function contentOf(children: readonly XmlContent[], scope: ReadonlyMap<string, string>): readonly XmlContent[] {
  const content: XmlContent[] = []
  let text = ""
  const flush = (): void => {
    const trimmed = text.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "")
    if (trimmed !== "") content.push(trimmed)
    text = ""
  }
  for (const child of children) {
    if (typeof child === "string") text += child
    else if ("name" in child) {
      flush()
      content.push(essence(child, scope))
    }
  }
  flush()
  return content
}

function isDeclaration([name]: XmlAttribute): boolean {
  return name === "xmlns" || name.startsWith("xmlns:")
}
