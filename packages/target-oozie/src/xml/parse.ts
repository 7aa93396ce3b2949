import type { XmlAttribute, XmlContent, XmlDocument, XmlElement } from "./ast.ts"
import { findNonXml, isBlank } from "./characters.ts"
import { Cursor } from "./cursor.ts"
import { XmlFault } from "./fault.ts"
import { defaultXmlLimits, type XmlLimits } from "./limits.ts"
import { enter, outermost, type Scope } from "./namespaces.ts"

const untilMarkup = /[<&]/g
const untilQuote = { '"': /["<&]/g, "'": /['<&]/g } as const

/**
 * Reads an XML document.
 *
 * Nothing outside the text is ever looked at: a DOCTYPE is refused, so there are no entities but XML's own five and
 * character references. Names, namespaces and characters are checked as XML 1.0 asks. White space that only separates
 * elements is dropped; all other text is kept as it is.
 *
 * @throws XmlFault `invalid` for what is not well-formed, `too-large` for what is over a limit; both name the place.
 */
export function parseXml(source: string, limits: Partial<XmlLimits> = {}): XmlDocument {
  return new Parser(source, { ...defaultXmlLimits, ...limits }).document()
}

interface Open {
  readonly name: string
  readonly attributes: readonly XmlAttribute[]
  readonly scope: Scope
  readonly children: XmlContent[]
  /** White space that separates elements, unless text beside it shows that it does not: by place in `children`. */
  readonly blanks: Set<number>
  hasElement: boolean
  hasText: boolean
}

class Parser {
  readonly #cursor: Cursor
  readonly #limits: XmlLimits
  #items = 0

  constructor(source: string, limits: XmlLimits) {
    const text = source.startsWith("\uFEFF") ? source.slice(1) : source
    if (text.length > limits.maxChars) {
      throw new XmlFault("", 0, `the document has ${text.length} characters, ${limits.maxChars} fit`, "too-large")
    }
    this.#cursor = new Cursor(text.replaceAll(/\r\n?/g, "\n"))
    this.#limits = limits
    const bad = findNonXml(this.#cursor.text)
    if (bad >= 0) throw new XmlFault(this.#cursor.text, bad, "a character that no XML can hold")
  }

  document(): XmlDocument {
    const cursor = this.#cursor
    if (/^<\?xml[\t\n ]/.test(cursor.text)) this.#declaration()
    const before = this.#asides()
    if (cursor.isAtEnd || !cursor.startsWith("<")) throw cursor.fault("an element is wanted")
    const root = this.#root()
    const after = this.#asides()
    if (!cursor.isAtEnd) throw cursor.fault("nothing can follow the root element")
    return { before, root, after }
  }

  #declaration(): void {
    this.#cursor.take("<?xml")
    const text = this.#cursor.until("?>", "the XML declaration")
    const form =
      /^\s+version\s*=\s*(["'])1\.[0-9]+\1(\s+encoding\s*=\s*(["'])[A-Za-z][\w.-]*\3)?(\s+standalone\s*=\s*(["'])(yes|no)\5)?\s*$/
    if (!form.test(text)) throw this.#cursor.fault("the XML declaration is not one")
  }

  /** Comments and instructions around the root. */
  #asides(): readonly XmlContent[] {
    const found: XmlContent[] = []
    for (;;) {
      this.#cursor.skipSpace()
      const aside = this.#aside()
      if (aside === undefined) return found
      found.push(aside)
    }
  }

  #aside(): XmlContent | undefined {
    const cursor = this.#cursor
    if (cursor.startsWith("<!DOCTYPE")) throw cursor.fault("a DOCTYPE is not taken")
    if (cursor.take("<!--")) {
      const comment = cursor.until("--", "a comment")
      if (!cursor.take(">")) throw cursor.fault('a comment cannot hold "--"')
      return this.#count({ comment })
    }
    if (!cursor.take("<?")) return undefined
    const instruction = cursor.name(this.#limits.maxNameChars, "an instruction")
    if (instruction.includes(":") || /^xml$/i.test(instruction)) throw cursor.fault("it is no name of an instruction")
    if (!cursor.skipSpace() && !cursor.startsWith("?>")) throw cursor.fault("an instruction's name ends in a space")
    return this.#count({ instruction, data: cursor.until("?>", "an instruction") })
  }

  // Without recursion: nesting costs no stack, and is bounded all the same.
  #root(): XmlElement {
    const first = this.#open(outermost)
    if (this.#isEmpty()) return close(first)
    const stack: Open[] = [first]
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      if (this.#cursor.take("</")) {
        this.#endTag(top.name)
        stack.pop()
        const made = close(top)
        const parent = stack.at(-1)
        if (parent === undefined) return made
        addElement(parent, made)
      } else if (this.#content(top)) {
        const child = this.#open(top.scope)
        if (this.#isEmpty()) addElement(top, close(child))
        else stack.push(child)
        if (stack.length > this.#limits.maxDepth) {
          throw this.#cursor.fault(`elements are nested more than ${this.#limits.maxDepth} levels deep`, "too-large")
        }
      }
    }
    throw this.#cursor.fault("the root element does not end")
  }

  /** Takes what is next inside an element; true where that is an element's start, which is not taken. */
  #content(parent: Open): boolean {
    const cursor = this.#cursor
    if (cursor.isAtEnd) throw cursor.fault(`<${parent.name}> does not end`)
    if (cursor.take("<![CDATA[")) {
      addText(parent, cursor.until("]]>", "a CDATA section"), true)
      return false
    }
    const aside = cursor.startsWith("<") ? this.#aside() : undefined
    if (aside !== undefined) {
      parent.children.push(aside)
      return false
    }
    if (cursor.startsWith("<")) return true
    const from = cursor.at
    const { text, hasReference } = cursor.characters(untilMarkup)
    if (cursor.text.slice(from, cursor.at).includes("]]>")) throw cursor.fault('"]]>" is written "]]&gt;"')
    this.#count(text)
    addText(parent, text, hasReference)
    return false
  }

  #open(outer: Scope): Open {
    const cursor = this.#cursor
    cursor.expect("<", "before an element")
    const name = cursor.name(this.#limits.maxNameChars, "an element")
    const attributes: XmlAttribute[] = []
    const seen = new Set<string>()
    for (;;) {
      const hasSpace = cursor.skipSpace()
      if (cursor.startsWith(">") || cursor.startsWith("/>")) break
      if (!hasSpace) throw cursor.fault(`a space is missing in <${name}>`)
      const attribute = this.#attribute(name)
      if (seen.has(attribute[0])) throw cursor.fault(`<${name}> has the attribute "${attribute[0]}" twice`)
      seen.add(attribute[0])
      attributes.push(attribute)
      if (attributes.length > this.#limits.maxAttributes) {
        throw cursor.fault(`<${name}> has more than ${this.#limits.maxAttributes} attributes`, "too-large")
      }
    }
    const scope = enter(name, attributes, outer)
    if (typeof scope === "string") throw cursor.fault(`<${name}>: ${scope}`)
    return this.#count({ name, attributes, scope, children: [], blanks: new Set(), hasElement: false, hasText: false })
  }

  #attribute(element: string): XmlAttribute {
    const cursor = this.#cursor
    const name = cursor.name(this.#limits.maxNameChars, `an attribute of <${element}>`)
    cursor.skipSpace()
    cursor.expect("=", `behind "${name}" of <${element}>`)
    cursor.skipSpace()
    const quote = cursor.take('"') ? '"' : "'"
    if (quote === "'" && !cursor.take("'")) throw cursor.fault(`the value of "${name}" stands in no quotes`)
    const value = this.#value(quote)
    cursor.expect(quote, `behind the value of "${name}"`)
    return [name, value]
  }

  // Line ends and tabs that are written as such are spaces, those written as references are what they are.
  #value(quote: '"' | "'"): string {
    const cursor = this.#cursor
    const stop = untilQuote[quote]
    let value = ""
    for (;;) {
      stop.lastIndex = cursor.at
      const found = stop.exec(cursor.text)?.index ?? cursor.text.length
      value += cursor.text.slice(cursor.at, found).replaceAll(/[\t\n]/g, " ")
      cursor.at = found
      if (cursor.startsWith("<")) throw cursor.fault('"<" in an attribute is written "&lt;"')
      if (!cursor.startsWith("&")) return value
      value += cursor.reference()
    }
  }

  #isEmpty(): boolean {
    if (this.#cursor.take("/>")) return true
    this.#cursor.expect(">", "behind an element's start")
    return false
  }

  #endTag(open: string): void {
    const cursor = this.#cursor
    const name = cursor.name(this.#limits.maxNameChars, "an end tag")
    if (name !== open) throw cursor.fault(`<${open}> is ended by </${name}>`)
    cursor.skipSpace()
    cursor.expect(">", `behind </${name}`)
  }

  #count<T>(item: T): T {
    if (++this.#items > this.#limits.maxItems) {
      throw this.#cursor.fault(`the document has more than ${this.#limits.maxItems} parts`, "too-large")
    }
    return item
  }
}

function addElement(parent: Open, element: XmlElement): void {
  parent.children.push(element)
  parent.hasElement = true
}

function addText(parent: Open, text: string, isMeant: boolean): void {
  if (text === "") return
  const isSpace = !isMeant && isBlank(text)
  const last = parent.children.at(-1)
  const at = parent.children.length - 1
  if (!isSpace) parent.hasText = true
  if (typeof last === "string") {
    parent.children[at] = last + text
    if (!isSpace) parent.blanks.delete(at)
  } else {
    parent.children.push(text)
    if (isSpace) parent.blanks.add(at + 1)
  }
}

function close({ name, attributes, children, blanks, hasElement, hasText }: Open): XmlElement {
  const kept = hasElement && !hasText ? children.filter((_, at) => !blanks.has(at)) : children
  return {
    name,
    ...(attributes.length === 0 ? {} : { attributes }),
    ...(kept.length === 0 ? {} : { children: kept }),
  }
}
