import { createHash } from "node:crypto"

/** With `.json` and a temporary file's name still far below the 255 bytes that file systems allow. */
const maxNameLength = 180

/** Characters that stand for themselves: no upper case, because some file systems do not tell it from lower case. */
const plain = /^[a-z0-9_@+=,.-]$/

/** Device names that Windows knows in every folder and with every extension. */
const device = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/

/**
 * A name for any string: different strings have different names, also where case does not count, and no name is a
 * device, hidden, or leads out of its folder.
 *
 * What is not plain is percent-encoded by its UTF-8 bytes, half of a surrogate pair as the three bytes that it would
 * have. Too long a name is its beginning, `~`, and the SHA-256 of the whole; `~` occurs nowhere else.
 */
export function fileName(text: string): string {
  if (text === "") return "%"
  let name = ""
  for (const character of text) name += plain.test(character) ? character : escaped(character)
  // A leading dot hides a file, a leading dash makes it an option of commands.
  if (/^[.-]/.test(name) || device.test(name)) name = escaped(name[0] ?? "") + name.slice(1)
  if (name.endsWith(".")) name = name.slice(0, -1) + escaped(".")
  if (name.length <= maxNameLength) return name
  return `${name.slice(0, 80)}~${createHash("sha256").update(Buffer.from(text, "utf16le")).digest("hex")}`
}

function escaped(character: string): string {
  let out = ""
  for (const byte of bytesOf(character)) out += `%${byte.toString(16).padStart(2, "0")}`
  return out
}

function bytesOf(character: string): Uint8Array {
  const code = character.codePointAt(0) ?? 0
  if (code < 0xd800 || code > 0xdfff) return Buffer.from(character, "utf8")
  return Uint8Array.of(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f))
}
