import type { Node } from "jsonc-parser"
import type { Problems } from "./problems.ts"

/** Reads a JSON object key by key and reports what is missing, wrong, twice or unknown, with its line. */
export class ObjectReader {
  readonly #keys: ReadonlyMap<string, Node>
  readonly #asked = new Set<string>()
  readonly #node: Node
  readonly #path: string
  readonly #lineOf: (offset: number) => number
  readonly #problems: Problems

  private constructor(
    node: Node,
    path: string,
    lineOf: (offset: number) => number,
    problems: Problems,
    keys: ReadonlyMap<string, Node>,
  ) {
    this.#node = node
    this.#path = path
    this.#lineOf = lineOf
    this.#problems = problems
    this.#keys = keys
  }

  /** Undefined, and a problem, where the node is not an object. `path` names it in problems. */
  static open(
    node: Node,
    path: string,
    lineOf: (offset: number) => number,
    problems: Problems,
  ): ObjectReader | undefined {
    if (node.type !== "object") {
      problems.add(lineOf(node.offset), path, `it must be an object, not ${describe(node)}`)
      return undefined
    }
    const keys = new Map<string, Node>()
    for (const property of node.children ?? []) {
      const [key, value] = property.children ?? []
      const name = String(key?.value)
      if (keys.has(name)) problems.add(lineOf(property.offset), join(path, name), "it is given twice")
      if (value !== undefined) keys.set(name, value)
    }
    return new ObjectReader(node, path, lineOf, problems, keys)
  }

  has(key: string): boolean {
    return this.#keys.has(key)
  }

  /** A text that must be there and must not be empty. */
  text(key: string): string | undefined {
    const node = this.#ask(key, true)
    if (node === undefined) return undefined
    if (node.type !== "string") return this.#refuse(key, node, `it must be a text, not ${describe(node)}`)
    return node.value === "" ? this.#refuse(key, node, "it must not be empty") : String(node.value)
  }

  /** A text that may be missing, empty or null. */
  optionalText(key: string): string | null | undefined {
    const node = this.#ask(key, false)
    if (node === undefined) return undefined
    if (node.type === "null") return null
    return node.type === "string"
      ? String(node.value)
      : this.#refuse(key, node, `it must be a text, not ${describe(node)}`)
  }

  flag(key: string): boolean | undefined {
    const node = this.#ask(key, true)
    if (node === undefined) return undefined
    if (node.type !== "boolean") return this.#refuse(key, node, `it must be true or false, not ${describe(node)}`)
    return node.value === true
  }

  /** A list of objects; undefined where it is missing. Items that are no objects are reported and left out. */
  list<T>(key: string, read: (item: ObjectReader) => T): readonly T[] | undefined {
    const node = this.#ask(key, false)
    if (node === undefined) return undefined
    if (node.type !== "array") return this.#refuse(key, node, `it must be a list, not ${describe(node)}`)
    return (node.children ?? []).flatMap((child, at) => {
      const item = ObjectReader.open(child, `${join(this.#path, key)}[${at}]`, this.#lineOf, this.#problems)
      return item === undefined ? [] : [read(item)]
    })
  }

  /** Reports every key that was not asked for. */
  refuseOthers(why = "the catalogue's shape has no such field"): void {
    for (const [key, node] of this.#keys) if (!this.#asked.has(key)) this.#refuse(key, node, why)
  }

  #ask(key: string, isRequired: boolean): Node | undefined {
    this.#asked.add(key)
    const node = this.#keys.get(key)
    if (node === undefined && isRequired) this.#refuse(key, this.#node, "it is missing")
    return node
  }

  #refuse(key: string, node: Node, reason: string): undefined {
    this.#problems.add(this.#lineOf(node.offset), join(this.#path, key), reason)
  }
}

function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`
}

function describe(node: Node): string {
  if (node.type === "null") return "null"
  if (node.type === "array") return "a list"
  return node.type === "object" ? "an object" : `the ${node.type} ${JSON.stringify(node.value)?.slice(0, 40)}`
}
