import { parseXml, type XmlElement } from "../xml/index.ts"

/**
 * What is wrong with a printed workflow, found from its text alone: names that are twice or missing, nodes that nothing
 * leads to, circles. Shares nothing with the judge of records.
 */
export function printedFaults(xml: string): readonly string[] {
  const { root } = parseXml(xml)
  const nodes = elements(root).filter(({ name }) => nodeKinds.includes(name))
  const faults: string[] = []
  const ways = new Map<string, readonly string[]>()
  for (const node of nodes) {
    const name = node.name === "start" ? ":start:" : (attribute(node, "name") ?? "")
    if (ways.has(name)) faults.push(`"${name}" is there twice`)
    ways.set(name, targets(node))
  }
  for (const kind of ["start", "end"]) {
    if (nodes.filter(({ name }) => name === kind).length !== 1) faults.push(`not one ${kind}`)
  }
  for (const [name, next] of ways) {
    for (const to of next) if (!ways.has(to)) faults.push(`"${name}" leads to "${to}", which is not there`)
  }
  const reached = new Set([":start:"])
  for (const name of reached) for (const to of ways.get(name) ?? []) reached.add(to)
  for (const name of ways.keys()) if (!reached.has(name)) faults.push(`nothing leads to "${name}"`)
  if (hasCircle(ways)) faults.push("it runs in circles")
  return faults
}

const nodeKinds = ["start", "action", "decision", "fork", "join", "kill", "end"]

function targets(node: XmlElement): readonly string[] {
  const own = node.name === "start" || node.name === "join" ? [attribute(node, "to") ?? ""] : []
  const inner = elements(node).flatMap((child) => {
    if (child.name === "switch") return elements(child).map((each) => attribute(each, "to") ?? "")
    const name = child.name === "path" ? "start" : "to"
    return ["ok", "error", "path"].includes(child.name) ? [attribute(child, name) ?? ""] : []
  })
  return [...own, ...inner]
}

// Takes away nodes that lead nowhere any more, until none is left or all that are left run in circles.
function hasCircle(ways: ReadonlyMap<string, readonly string[]>): boolean {
  const left = new Map(ways)
  for (;;) {
    const ends = [...left].filter(([, next]) => next.every((to) => !left.has(to)))
    if (ends.length === 0) return left.size > 0
    for (const [name] of ends) left.delete(name)
  }
}

function elements({ children = [] }: XmlElement): readonly XmlElement[] {
  return children.filter((child): child is XmlElement => typeof child === "object" && "name" in child)
}

function attribute({ attributes = [] }: XmlElement, name: string): string | undefined {
  return attributes.find(([each]) => each === name)?.[1]
}
