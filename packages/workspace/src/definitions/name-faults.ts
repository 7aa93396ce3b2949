import { type Element, elementsOf, type Pair, splitName } from "./content.ts"
import { noScope, type Scope, scopeOf } from "./parts.ts"

const xmlUri = "http://www.w3.org/XML/1998/namespace"

/** What is wrong with the prefixes of an element and of all in it: none may be used that is not declared. */
export function nameFaults(element: Element, outer: Scope = noScope): readonly string[] {
  const { name, attributes = [] } = element
  const scope = scopeOf(element, outer)
  const faults = attributes.flatMap((pair) => {
    const fault = declarationFault(pair) ?? prefixFault(pair[0], scope)
    return fault === undefined ? [] : [`<${name}>, attribute "${pair[0]}": ${fault}`]
  })
  const own = splitName(name)[0] === "xmlns" ? 'no element has the prefix "xmlns"' : prefixFault(name, scope)
  if (own !== undefined) faults.push(`<${name}>: ${own}`)
  const twice = twiceUnderTwoPrefixes(attributes, scope)
  if (twice !== undefined) faults.push(`<${name}>: the attribute "${twice}" is given twice under two prefixes`)
  return [...faults, ...elementsOf(element.children).flatMap((child) => nameFaults(child, scope))]
}

function prefixFault(name: string, scope: Scope): string | undefined {
  const [prefix] = splitName(name)
  if (prefix === "" || prefix === "xmlns" || scope.has(prefix)) return undefined
  return `the prefix "${prefix}" is not declared: declare it with xmlns:${prefix} on the document`
}

function declarationFault([name, uri]: Pair): string | undefined {
  if (name !== "xmlns" && !name.startsWith("xmlns:")) return undefined
  const prefix = name === "xmlns" ? "" : splitName(name)[1]
  if (prefix === "xmlns" || uri === "http://www.w3.org/2000/xmlns/") return "it cannot be declared"
  if ((prefix === "xml") !== (uri === xmlUri)) return "it cannot be declared so"
  return prefix !== "" && uri === "" ? "a prefix cannot be declared as nothing" : undefined
}

function twiceUnderTwoPrefixes(attributes: readonly Pair[], scope: Scope): string | undefined {
  const seen = new Set<string>()
  for (const [name] of attributes) {
    const [prefix, local] = splitName(name)
    if (prefix === "" || prefix === "xmlns") continue
    const expanded = `${scope.get(prefix) ?? ""} ${local}`
    if (seen.has(expanded)) return local
    seen.add(expanded)
  }
  return undefined
}
