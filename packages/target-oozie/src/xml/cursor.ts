import { findNonXml, nameHere } from "./characters.ts"
import { XmlFault } from "./fault.ts"

const references: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", apos: "'", quot: '"' }

/** A text that is read from the front. Every refusal names the place. */
export class Cursor {
  readonly text: string
  at = 0

  constructor(text: string) {
    this.text = text
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length
  }

  startsWith(wanted: string): boolean {
    return this.text.startsWith(wanted, this.at)
  }

  /** Takes `wanted` where it is next. */
  take(wanted: string): boolean {
    if (!this.startsWith(wanted)) return false
    this.at += wanted.length
    return true
  }

  expect(wanted: string, what: string): void {
    if (!this.take(wanted)) throw this.fault(`"${wanted}" is missing ${what}`)
  }

  /** Takes everything before `end`, and `end`. */
  until(end: string, what: string): string {
    const found = this.text.indexOf(end, this.at)
    if (found < 0) throw this.fault(`${what} does not end`)
    const taken = this.text.slice(this.at, found)
    this.at = found + end.length
    return taken
  }

  skipSpace(): boolean {
    const from = this.at
    while (/[\t\n\r ]/.test(this.text[this.at] ?? "")) this.at++
    return this.at > from
  }

  name(maxChars: number, what: string): string {
    nameHere.lastIndex = this.at
    const name = nameHere.exec(this.text)?.[0]
    if (name === undefined) throw this.fault(`a name is wanted for ${what}`)
    if (name.length > maxChars) throw this.fault(`a name has ${name.length} characters, ${maxChars} fit`, "too-large")
    this.at += name.length
    return name
  }

  /**
   * Takes a run of character data up to `stop`, references replaced. Only the five names of XML itself are known, so
   * nothing grows and nothing is fetched.
   */
  characters(stop: RegExp): { readonly text: string; readonly hasReference: boolean } {
    let text = ""
    let hasReference = false
    for (;;) {
      stop.lastIndex = this.at
      const found = stop.exec(this.text)?.index ?? this.text.length
      text += this.text.slice(this.at, found)
      this.at = found
      if (this.text[found] !== "&") return { text, hasReference }
      hasReference = true
      text += this.reference()
    }
  }

  fault(reason: string, kind: "invalid" | "too-large" = "invalid"): XmlFault {
    return new XmlFault(this.text, this.at, reason, kind)
  }

  /** Takes a reference and gives the character that it stands for. */
  reference(): string {
    const [whole, name = ""] = /^&([^;&<>\s]{1,32});/.exec(this.text.slice(this.at, this.at + 40)) ?? []
    if (whole === undefined) throw this.fault('"&" is written "&amp;"')
    const known = Object.hasOwn(references, name) ? references[name] : characterOf(name)
    if (known === undefined)
      throw this.fault(`"${whole}" stands for nothing: only the five names of XML itself are known`)
    this.at += whole.length
    return known
  }
}

function characterOf(name: string): string | undefined {
  const [, hex, decimal] = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(name) ?? []
  const code = hex === undefined ? Number(decimal ?? Number.NaN) : Number.parseInt(hex, 16)
  if (!(code <= 0x10_ff_ff)) return undefined
  const character = String.fromCodePoint(code)
  return findNonXml(character) < 0 ? character : undefined
}
