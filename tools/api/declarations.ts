/** One exported declaration, as TypeScript emitted it. */
export interface Declaration {
  readonly name: string
  /** What its comment says, without the signs around it. */
  readonly about: string
  /** Its text, or several where a function has overloads. */
  readonly code: string
}

const statement =
  /^(?:export )?(?:declare )?(?:abstract )?(?:class|interface|type|function|const|let|enum) ([A-Za-z_$][\w$]*)/

/**
 * The declarations of an emitted `.d.ts` file.
 *
 * Emitted files are regular: a statement begins in the first column and goes on in lines that are indented or begin with what closes.
 */
export function declarationsOf(text: string): readonly Declaration[] {
  const found = new Map<string, { about: string; code: string[] }>()
  let comment: string[] = []
  let open: string[] | undefined
  let isComment = false
  for (const line of text.split("\n")) {
    if (isComment || line.startsWith("/**")) {
      open = undefined
      if (line.startsWith("/**")) comment = []
      comment.push(line)
      isComment = !line.trimEnd().endsWith("*/")
      continue
    }
    if (/^[\s})\]>|&]/.test(line) && open !== undefined) {
      open.push(line)
      continue
    }
    open = undefined
    const name = statement.exec(line)?.[1]
    if (name !== undefined) {
      const about = proseOf(comment)
      const known = found.get(name)
      open = [line.replace("export declare ", "").replace("export ", "").replace("declare ", "")]
      if (known === undefined) found.set(name, { about, code: open })
      else {
        // An overload, or an interface beside a value of its name.
        if (about !== "") open.unshift(...about.split("\n").map((each) => `// ${each}`.trimEnd()))
        known.code.push("", ...open)
        open = known.code
      }
    }
    comment = []
  }
  return [...found].map(([name, { about, code }]) => ({ name, about, code: shown(code) }))
}

/** What a comment says: without its signs, each paragraph as it was. */
export function proseOf(comment: readonly string[]): string {
  return comment
    .join("\n")
    .replace(/^\/\*\*\s?/, "")
    .replace(/\s*\*\/\s*$/, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, ""))
    .join("\n")
    .trim()
}

/** Without what is nobody's business: private members, and those marked internal. */
function shown(code: readonly string[]): string {
  const lines: string[] = []
  let internal: "comment" | "member" | undefined
  for (const line of code) {
    if (internal === "comment") {
      if (line.trimEnd().endsWith("*/")) internal = "member"
      continue
    }
    if (internal === "member") {
      if (line.trimEnd().endsWith(";")) internal = undefined
      continue
    }
    if (/^\s+\/\*\* @internal/.test(line)) {
      internal = line.trimEnd().endsWith("*/") ? "member" : "comment"
      continue
    }
    if (/^\s+(#private|private |protected )/.test(line)) continue
    lines.push(line)
  }
  return lines
    .join("\n")
    .replace(/;$/gm, "")
    .replaceAll(/^ +/gm, ({ length }) => " ".repeat((length - (length % 4)) / 2 + (length % 4)))
    .replace(/\bimport\("[^"]+"\)\./g, "")
    .trimEnd()
}
