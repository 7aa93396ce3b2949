import { MillraceError } from "@millrace/ports"

/**
 * The text of an XML file: by its byte order mark, else by the encoding that its declaration names, else UTF-8.
 *
 * @throws MillraceError `invalid` for an encoding that nobody knows, or bytes that are not of it.
 */
export function decodeXml(bytes: Uint8Array): string {
  const encoding = markOf(bytes) ?? declaredIn(bytes) ?? "utf-8"
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new MillraceError(`The file is not ${encoding}: save it as UTF-8.`, { kind: "invalid", cause })
  }
}

function markOf([first, second]: Uint8Array): string | undefined {
  if (first === 0xff && second === 0xfe) return "utf-16le"
  return first === 0xfe && second === 0xff ? "utf-16be" : undefined
}

function declaredIn(bytes: Uint8Array): string | undefined {
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, 200))
  return /^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][\w.-]*)["']/.exec(head)?.[1]?.toLowerCase()
}
