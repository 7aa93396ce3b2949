import type { SeededRandom } from "@millrace/testkit"
import { attributesOf, type Particle, particleOf, schemaNames, schemaOf } from "@millrace/workspace/grammar"
import type { XmlAttribute, XmlContent, XmlElement } from "../../src/xml/index.ts"

const roots = ["workflow-app", "coordinator-app", "bundle-app", "datasets"]
const names = ["a", "b-1", "load_all", "Zz9", "end", "x".repeat(39)]
const texts = [
  "plain",
  " padded ",
  "<&>\"'",
  "]]>",
  "${wf:id()}",
  "a\nb\tc",
  "\u00FC\u20AC\u{1F600}",
  "<!-- no comment -->",
  "&amp;",
  "${firstNotNull(a, 'b')}",
]

/** Every schema that has a document of its own, with the names of its documents. */
export const documentSchemas: readonly (readonly [namespace: string, root: string])[] = schemaNames.flatMap(
  (namespace) =>
    roots.filter((root) => schemaOf(namespace)?.elements[root] !== undefined).map((root) => [namespace, root] as const),
)

/** A random element that the schema allows, with everything in it; comments stand where they may. */
export function generate(random: SeededRandom, namespace: string, root: string): XmlElement {
  const type = schemaOf(namespace)?.elements[root] ?? ""
  return new Generator(random).element(namespace, root, type, undefined, 0)
}

class Generator {
  readonly #random: SeededRandom

  constructor(random: SeededRandom) {
    this.#random = random
  }

  element(namespace: string, local: string, type: string, outer: string | undefined, depth: number): XmlElement {
    // `outer` is the prefix that the parent has for this namespace.
    const prefix = outer ?? this.#random.pick(["", "", "p", "w"])
    const name = prefix === "" ? local : `${prefix}:${local}`
    const declared: XmlAttribute[] =
      outer === undefined ? [[prefix === "" ? "xmlns" : `xmlns:${prefix}`, namespace]] : []
    if (type === "" || type.startsWith("=")) return made(name, declared, this.#text(type))
    const [content, attributes] = schemaOf(namespace)?.types[type] ?? ["", ""]
    const own = attributesOf(attributes).flatMap((rule): XmlAttribute[] =>
      rule.isRequired || this.#random.chance(0.5) ? [[rule.name, this.#value(rule.type)]] : [],
    )
    const all = this.#random.shuffle([...declared, ...own])
    if (content === "#") return made(name, all, this.#text(""))
    const children = content === "" ? [] : this.#children(particleOf(content), namespace, prefix, depth)
    return made(name, all, this.#commented(children))
  }

  #children(particle: Particle, namespace: string, prefix: string, depth: number): readonly XmlElement[] {
    switch (particle.kind) {
      case "element":
        return [this.element(namespace, particle.name, particle.type, prefix, depth + 1)]
      case "any":
        return [this.#extension(particle.of, depth)]
      case "sequence":
        return particle.parts.flatMap((part) => this.#children(part, namespace, prefix, depth))
      case "choice":
        return this.#children(this.#random.pick(particle.parts), namespace, prefix, depth)
      case "repeat": {
        const { part, least, most } = particle
        const more = depth > 6 ? 0 : this.#random.int(depth < 2 ? 4 : 3)
        const count = Math.min(most, least + more)
        return Array.from({ length: count }, () => this.#children(part, namespace, prefix, depth)).flat()
      }
    }
  }

  #extension(of: string, depth: number): XmlElement {
    const wanted = of === "@other" ? /-action:/ : of === "@sla1" ? /sla:0\.1$/ : /sla:/
    const namespace = this.#random.pick(schemaNames.filter((each) => wanted.test(each)))
    const [local, type] = this.#random.pick(Object.entries(schemaOf(namespace)?.elements ?? {}))
    return this.element(namespace, local, type, undefined, depth + 1)
  }

  #text(type: string): readonly XmlContent[] {
    const text = this.#value(type)
    if (type !== "" || !this.#random.chance(0.1)) return text === "" ? [] : [text]
    return [{ comment: " before " }, ...(text === "" ? [] : [text]), { comment: "after" }]
  }

  #value(type: string): string {
    switch (type) {
      case "":
        return this.#random.chance(0.1) ? "" : this.#random.pick(texts)
      case "=name":
      case "=name_":
        return this.#random.pick(names)
      case "=boolean":
        return this.#random.pick(["true", "false", "1"])
      case "=short":
      case "=unsignedInt":
      case "=percent":
        return String(this.#random.int(100))
      default:
        return this.#random.pick(/^=one\((.*)\)$/.exec(type)?.[1]?.split("|") ?? [""])
    }
  }

  #commented(children: readonly XmlContent[]): readonly XmlContent[] {
    if (children.length === 0) return []
    return [...children, undefined].flatMap((child) => [
      ...(this.#random.chance(0.05) ? [{ comment: ` ${this.#random.int(1_000)} < 5 & more ` }] : []),
      ...(child === undefined ? [] : [child]),
    ])
  }
}

/** Writes a document as people do: each time another way, and not by our own printer. */
export function writeLoosely(random: SeededRandom, root: XmlElement): string {
  const space = (): string => random.pick(["", "\n", "  ", "\r\n\t"])
  const escape = (text: string): string =>
    text.replaceAll(/[&<>"'\n\t]/g, (found) =>
      random.chance(0.3) || "&<\"'\n\t".includes(found) ? `&#${found.codePointAt(0)};` : found === ">" ? "&gt;" : found,
    )
  const text = (content: string): string =>
    random.chance(0.2) && !/\]\]>|<!--/.test(content) ? `<![CDATA[${content}]]>` : escape(content)
  const write = (content: XmlContent, inner: () => string): string => {
    if (typeof content === "string") return text(content)
    if ("comment" in content) return `<!--${content.comment}-->`
    if ("instruction" in content) return `<?${content.instruction} ${content.data}?>`
    const { name, attributes = [], children = [] } = content
    const start = `<${name}${attributes.map(([key, value]) => ` ${space()}${key}${random.pick(["=", " = "])}"${escape(value)}"`).join("")}`
    if (children.length === 0) return random.chance(0.5) ? `${start}/>` : `${start}></${name}>`
    const hasElements = children.some((child) => typeof child === "object" && "name" in child)
    const between = hasElements ? space : (): string => ""
    return `${start}>${children.map((child) => between() + write(child, inner)).join("")}${between()}</${name} >`
  }
  const declaration = random.pick([
    "",
    '<?xml version="1.0"?>\n',
    "<?xml version='1.0' encoding='UTF-8' standalone='yes'?>",
  ])
  return `${declaration}${random.chance(0.2) ? "<!-- head -->" : ""}${write(root, space)}${space()}`
}

function made(name: string, attributes: readonly XmlAttribute[], children: readonly XmlContent[]): XmlElement {
  return {
    name,
    ...(attributes.length === 0 ? {} : { attributes }),
    ...(children.length === 0 ? {} : { children }),
  }
}
