import { MillraceError, messageOf } from "@millrace/ports"
import { fromBase64 } from "lib0/buffer"
import { canonicalJson, maxDepth } from "./canonical.ts"
import { setOwn, type Value } from "./value.ts"

/**
 * Reads canonical text back, deeply frozen.
 *
 * Only text that `canonicalJson` would write is taken: one value has one text, so two texts never mean the same.
 *
 * @throws MillraceError `corrupt` for anything else.
 */
export function parseCanonical(text: string): Value {
  let value: Value
  let canonical: string
  try {
    const raw: unknown = JSON.parse(text)
    value = text.includes('"$') ? revive(raw, 0) : freeze(raw, 0)
    canonical = canonicalJson(value)
  } catch (thrown) {
    throw notCanonical(messageOf(thrown), thrown)
  }
  if (canonical !== text) throw notCanonical("its canonical form differs")
  return value
}

function notCanonical(why: string, cause?: unknown): MillraceError {
  return new MillraceError(`The text is not canonical JSON (${why}). Was it written by other means than ours?`, {
    kind: "corrupt",
    cause,
  })
}

function freeze(raw: unknown, depth: number): Value {
  if (typeof raw === "object" && raw !== null) {
    if (depth >= maxDepth) throw new Error(`nested more than ${maxDepth} levels deep`)
    // JSON.parse makes `__proto__` an own property, so what it returns is safe as it is.
    for (const item of Object.values(raw)) if (typeof item === "object") freeze(item, depth + 1)
    Object.freeze(raw)
  }
  return raw as Value
}

function revive(raw: unknown, depth: number): Value {
  if (typeof raw !== "object" || raw === null) return raw as Value
  if (depth >= maxDepth) throw new Error(`nested more than ${maxDepth} levels deep`)
  if (Array.isArray(raw)) return Object.freeze(raw.map((item: unknown) => revive(item, depth + 1)))
  const keys = Object.keys(raw)
  const [first] = keys
  const source = raw as Readonly<Record<string, unknown>>
  if (keys.length === 1 && first !== undefined && first.startsWith("$") && !first.startsWith("$$")) {
    return reviveTag(first, source[first])
  }
  const result: Record<string, Value> = {}
  for (const key of keys) {
    if (key.startsWith("$") && !key.startsWith("$$")) throw new Error(`unknown tag ${key}`)
    setOwn(result, key.startsWith("$") ? key.slice(1) : key, revive(source[key], depth + 1))
  }
  return Object.freeze(result)
}

function reviveTag(tag: string, content: unknown): Value {
  // What is malformed here either throws or has another canonical form than the text: both are refused.
  if (tag === "$n" && typeof content === "string") return Number(content)
  if (tag === "$i" && typeof content === "string") return BigInt(content)
  if (tag === "$b" && typeof content === "string") return fromBase64(content)
  if (tag === "$d" && typeof content === "number") return new Date(content)
  throw new Error(`unknown tag ${tag}`)
}
