import type { Properties } from "./job-configuration.ts"

/**
 * Reads a Java properties file: comments, continued lines, `=`, `:` or white space after a key, and its escapes.
 *
 * Of a key that comes twice the last counts. Never throws.
 */
export function readJavaProperties(text: string): Properties {
  const properties: Record<string, string> = Object.create(null) as Record<string, string>
  for (const line of logicalLines(text)) {
    const [, key = "", value = ""] = /^((?:\\[\s\S]|[^\\=:\s])*)[ \t\f]*[=:]?[ \t\f]*([\s\S]*)$/.exec(line) ?? []
    properties[unescaped(key)] = unescaped(value)
  }
  return properties
}

function logicalLines(text: string): readonly string[] {
  const lines: string[] = []
  let open: string | undefined
  for (const natural of text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/)) {
    const line = natural.replace(/^[ \t\f]+/, "")
    if (open === undefined && (line === "" || line.startsWith("#") || line.startsWith("!"))) continue
    const joined: string = (open ?? "") + line
    // An odd number of backslashes at the end takes the next line in.
    const continues = (/\\*$/.exec(joined)?.[0].length ?? 0) % 2 === 1
    open = continues ? joined.slice(0, -1) : undefined
    if (!continues) lines.push(joined)
  }
  return open === undefined || open === "" ? lines : [...lines, open]
}

const letters: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f" }

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g, (_, code: string | undefined, letter: string | undefined) =>
    code === undefined ? (letters[letter ?? ""] ?? letter ?? "") : String.fromCharCode(Number.parseInt(code, 16)),
  )
}
