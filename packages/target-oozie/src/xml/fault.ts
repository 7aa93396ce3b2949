import { MillraceError } from "@millrace/ports"

/** Where in a document something is, from 1. */
export interface XmlPlace {
  readonly line: number
  readonly column: number
}

/** The refusal of a document, of kind `invalid` or `too-large`, that says where and why. */
export class XmlFault extends MillraceError {
  readonly place: XmlPlace

  constructor(text: string, offset: number, reason: string, kind: "invalid" | "too-large" = "invalid") {
    const place = placeOf(text, offset)
    super(`line ${place.line}, column ${place.column}: ${reason}.`, { kind })
    this.place = place
  }
}

function placeOf(text: string, offset: number): XmlPlace {
  const before = text.slice(0, offset)
  const line = before.split("\n").length
  return { line, column: offset - before.lastIndexOf("\n") }
}
