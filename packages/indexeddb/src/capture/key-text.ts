/**
 * A key of an object store as a text, one for each key: the id of the record that a row becomes.
 *
 * A text stands for itself; what starts with `~` gets one more. Numbers are `~n5`, dates `~d` and milliseconds, bytes `~b` in
 * hexadecimal, arrays `~a` and their elements' texts as JSON.
 */
export function textOfKey(key: IDBValidKey): string {
  if (typeof key === "string") return key.startsWith("~") ? `~${key}` : key
  if (typeof key === "number") return `~n${key}`
  if (Array.isArray(key)) return `~a${JSON.stringify(key.map(textOfKey))}`
  if (isDate(key)) return `~d${key.getTime()}`
  return `~b${[...bytesOf(key)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`
}

/** The key of a text that `textOfKey` made; a text that it did not make is itself a key. */
export function keyOfText(text: string): IDBValidKey {
  if (!text.startsWith("~")) return text
  const rest = text.slice(2)
  switch (text.charAt(1)) {
    case "~":
      return text.slice(1)
    case "n":
      return Number(rest)
    case "d":
      return new Date(Number(rest))
    case "b":
      return Uint8Array.from(rest.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)).buffer
    case "a":
      return elementsOf(rest)
    default:
      return text
  }
}

function elementsOf(json: string): IDBValidKey {
  const parts: unknown = JSON.parse(json)
  return Array.isArray(parts) ? parts.map((part) => keyOfText(String(part))) : json
}

function bytesOf(key: BufferSource): Uint8Array {
  return ArrayBuffer.isView(key) ? new Uint8Array(key.buffer, key.byteOffset, key.byteLength) : new Uint8Array(key)
}

function isDate(key: object): key is Date {
  return Object.prototype.toString.call(key) === "[object Date]"
}
