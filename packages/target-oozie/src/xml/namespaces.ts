import type { XmlAttribute } from "./ast.ts"

const xmlUri = "http://www.w3.org/XML/1998/namespace"
const xmlnsUri = "http://www.w3.org/2000/xmlns/"

/** Namespaces in force, by prefix. */
export type Scope = ReadonlyMap<string, string>

export const outermost: Scope = new Map([["xml", xmlUri]])

/** The scope inside an element, or why its names and declarations cannot stand. */
export function enter(name: string, attributes: readonly XmlAttribute[], outer: Scope): Scope | string {
  const scope = declare(attributes, outer)
  if (typeof scope === "string") return scope
  const [prefix] = split(name)
  if (prefix === "xmlns" || (prefix !== "" && !scope.has(prefix))) return `the prefix "${prefix}" is not declared`
  const seen = new Set<string>()
  for (const [each] of attributes) {
    const [own, local] = split(each)
    if (own === "" || own === "xmlns") continue
    const uri = scope.get(own)
    if (uri === undefined) return `the prefix "${own}" is not declared`
    const expanded = `${uri} ${local}`
    if (seen.has(expanded)) return `the attribute "${local}" is given twice under two prefixes`
    seen.add(expanded)
  }
  return scope
}

function declare(attributes: readonly XmlAttribute[], outer: Scope): Scope | string {
  let scope: Map<string, string> | undefined
  for (const [name, uri] of attributes) {
    if (name !== "xmlns" && !name.startsWith("xmlns:")) continue
    const prefix = name === "xmlns" ? "" : name.slice("xmlns:".length)
    if (prefix === "xmlns" || uri === xmlnsUri) return `"${name}" cannot be declared`
    if ((prefix === "xml") !== (uri === xmlUri)) return `"${name}" cannot be declared so`
    if (prefix !== "" && uri === "") return `the prefix "${prefix}" is declared as nothing`
    scope ??= new Map(outer)
    scope.set(prefix, uri)
  }
  return scope ?? outer
}

function split(name: string): readonly [string, string] {
  const at = name.indexOf(":")
  return at < 0 ? ["", name] : [name.slice(0, at), name.slice(at + 1)]
}
