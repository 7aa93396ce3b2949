import type { SeededRandom } from "@millrace/testkit"
import type { XmlContent, XmlElement } from "../../src/xml/index.ts"

/** The element with one thing in it changed: an element or an attribute dropped, doubled, renamed or moved, a text put in. */
export function mutate(random: SeededRandom, root: XmlElement): XmlElement {
  const target = random.int(count(root))
  let seen = 0
  const walk = (element: XmlElement): XmlElement => {
    const isIt = seen++ === target
    const children = (element.children ?? []).map((child) => (isElement(child) ? walk(child) : child))
    return isIt ? change(random, { ...element, children }) : rebuilt(element, children)
  }
  return walk(root)
}

function change(random: SeededRandom, element: XmlElement): XmlElement {
  const { name, attributes = [], children = [] } = element
  const at = random.int(Math.max(1, children.length))
  const own = attributes.filter(([each]) => each !== "xmlns" && !each.startsWith("xmlns:"))
  switch (random.int(7)) {
    case 0:
      return rebuilt(
        element,
        children.filter((_, each) => each !== at),
      )
    case 1:
      return rebuilt(
        element,
        children.flatMap((child, each) => (each === at ? [child, child] : [child])),
      )
    case 2:
      return rebuilt(element, [...children.slice(at), ...children.slice(0, at)])
    case 3:
      return rebuilt(element, [...children, { name: name.replace(/[^:]*$/, "stranger") }])
    case 4:
      return rebuilt({ ...element, attributes: [...attributes, ["strange", "1"]] }, children)
    case 5: {
      const gone = own.length === 0 ? undefined : random.pick(own)
      return rebuilt({ ...element, attributes: attributes.filter((each) => each !== gone) }, children)
    }
    default:
      return rebuilt(element, [...children, "stray"])
  }
}

function rebuilt({ name, attributes = [] }: XmlElement, children: readonly XmlContent[]): XmlElement {
  return {
    name,
    ...(attributes.length === 0 ? {} : { attributes }),
    ...(children.length === 0 ? {} : { children }),
  }
}

function count(element: XmlElement): number {
  return 1 + (element.children ?? []).reduce((sum, child) => sum + (isElement(child) ? count(child) : 0), 0)
}

function isElement(content: XmlContent): content is XmlElement {
  return typeof content === "object" && "name" in content
}
