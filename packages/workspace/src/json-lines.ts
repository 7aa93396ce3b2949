import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser"

/** A piece of JSON with the lines of the file that it came from. */
export interface LocatedJson {
  readonly root: Node | undefined
  /** Line of the file, from 1, on which the character at `offset` stands. */
  readonly lineOf: (offset: number) => number
  readonly errors: readonly { readonly line: number; readonly reason: string }[]
}

/** Parses strict JSON: no comments, no trailing commas. Never throws. */
export function locateJson(text: string, firstLine = 1): LocatedJson {
  const lineOf = lineFinder(text, firstLine)
  const errors: ParseError[] = []
  try {
    const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false })
    const reported = errors.map(({ error, offset }) => ({
      line: lineOf(offset),
      reason: `this is not JSON: ${words(printParseErrorCode(error))}`,
    }))
    return { root, lineOf, errors: reported }
  } catch (thrown) {
    // The parser recurses: only nesting that no catalogue has brings it here.
    if (!(thrown instanceof RangeError)) throw thrown
    return { root: undefined, lineOf, errors: [{ line: firstLine, reason: "it is nested too deeply" }] }
  }
}

/** The non-empty lines of NDJSON, each parsed by itself. */
export function* locateJsonLines(text: string): Iterable<LocatedJson> {
  let line = 0
  for (const content of text.split("\n")) {
    line++
    if (content.trim() !== "") yield locateJson(content, line)
  }
}

function lineFinder(text: string, firstLine: number): (offset: number) => number {
  const starts = [0]
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1)
  return (offset) => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return firstLine + low
  }
}

// "CommaExpected" -> "comma expected"
function words(code: string): string {
  return code
    .replaceAll(/([A-Z])/g, " $1")
    .trim()
    .toLowerCase()
}
