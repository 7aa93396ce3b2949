import { MillraceError } from "@millrace/ports"
import { toBase64 } from "lib0/buffer"

/** Version of the canonical form; stored beside every hash that is made of it. */
export const canonicalForm = 1

/** Most levels of nesting, an entry's own two included: bounds recursion over what others wrote. */
export const maxDepth = 100

/**
 * The one text of a value: equal values have equal texts, on every machine.
 *
 * Keys are sorted by UTF-16 code units; there is no white space. What JSON lacks is written as an object with one key
 * that starts with `$` (`$n` NaN, -0 and the infinities, `$i` big integers, `$b` bytes in base64, `$d` a date's
 * milliseconds); real keys that start with `$` get one more. A property whose value is `undefined` is left out.
 *
 * @throws MillraceError `invalid` naming the place of what cannot be stored: functions, symbols, class instances,
 *   invalid dates, `undefined` in an array, circles and nesting over `maxDepth`.
 */
export function canonicalJson(value: unknown): string {
  try {
    return encode(value, 0)
  } catch (thrown) {
    if (!(thrown instanceof NotStorable)) throw thrown
    const place = thrown.path.length === 0 ? "The value" : `The value at ${thrown.path.join(".")}`
    throw new MillraceError(`${place} cannot be stored: ${thrown.message}.`, { kind: "invalid" })
  }
}

/** True where two values have one canonical form; `undefined` equals only itself. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return a === b
  if (typeof a === "string" && typeof b === "string") return a === b
  return canonicalJson(a) === canonicalJson(b)
}

class NotStorable extends Error {
  readonly path: string[] = []
}

function encode(value: unknown, depth: number): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value)
    case "number":
      return encodeNumber(value)
    case "boolean":
      return value ? "true" : "false"
    case "bigint":
      return `{"$i":"${value}"}`
    case "object":
      return value === null ? "null" : encodeObject(value, depth)
    case "undefined":
      throw new NotStorable("it is undefined")
    case "function":
    case "symbol":
      throw new NotStorable(`it is a ${typeof value}`)
  }
}

function encodeNumber(value: number): string {
  if (Number.isFinite(value) && !Object.is(value, -0)) return String(value)
  return `{"$n":"${Object.is(value, -0) ? "-0" : String(value)}"}`
}

function encodeObject(value: object, depth: number): string {
  if (depth >= maxDepth) throw new NotStorable(`it is nested more than ${maxDepth} levels deep`)
  if (Array.isArray(value)) return encodeArray(value, depth)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && prototype !== Object.prototype) {
    // Compared by tag, not by class: values may come from another realm (a frame, a worker, a test).
    const tag = Object.prototype.toString.call(value)
    if (tag === "[object Date]") return encodeDate(value as Date)
    if (tag === "[object Uint8Array]") return `{"$b":"${toBase64(value as Uint8Array)}"}`
    if (tag !== "[object Object]" || Object.getPrototypeOf(prototype) !== null) {
      throw new NotStorable(`it is an instance of a class (${tag.slice(8, -1)}), not plain data`)
    }
  }
  return encodeKeys(value as Readonly<Record<string, unknown>>, depth)
}

function encodeArray(value: readonly unknown[], depth: number): string {
  let text = "["
  for (let index = 0; index < value.length; index++) {
    if (index > 0) text += ","
    text += encodeAt(String(index), value[index], depth)
  }
  return `${text}]`
}

function encodeKeys(value: Readonly<Record<string, unknown>>, depth: number): string {
  const keys = Object.keys(value).sort()
  let text = "{"
  for (const key of keys) {
    const item = value[key]
    if (item === undefined) continue
    if (text.length > 1) text += ","
    text += `${JSON.stringify(key.startsWith("$") ? `$${key}` : key)}:${encodeAt(key, item, depth)}`
  }
  return `${text}}`
}

function encodeAt(key: string, value: unknown, depth: number): string {
  try {
    return encode(value, depth + 1)
  } catch (thrown) {
    if (thrown instanceof NotStorable) thrown.path.unshift(key)
    throw thrown
  }
}

function encodeDate(value: Date): string {
  const timeMs = value.getTime()
  if (Number.isNaN(timeMs)) throw new NotStorable("it is an invalid date")
  return `{"$d":${timeMs}}`
}
