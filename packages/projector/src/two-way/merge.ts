import { sortedJson } from "@millrace/target"
import type { FieldText } from "../journal/two-way-entries.ts"

/** Three versions of one field, each as canonical JSON text or null. */
export interface Three {
  readonly base: FieldText
  readonly ours: FieldText
  readonly theirs: FieldText
}

// Above so many words a merge would hold the process too long: a person decides.
const maxWords = 4_000

/**
 * Lists keep what either side has and neither took away, ours first; objects the same key by key.
 *
 * Undefined where a value is neither, or where both changed one key of an object to different values.
 */
export function union({ base, ours, theirs }: Three): FieldText | undefined {
  const [b, o, t] = [parsed(base), parsed(ours), parsed(theirs)]
  if (isList(o ?? []) && isList(t ?? []) && isList(b ?? [])) return listUnion(b, o, t)
  if (isObject(o ?? {}) && isObject(t ?? {}) && isObject(b ?? {})) return objectUnion(b, o, t)
  return undefined
}

function listUnion(base: unknown, ours: unknown, theirs: unknown): string {
  const [b, o, t] = [base, ours, theirs].map((list) => ((list ?? []) as readonly unknown[]).map(sortedJson))
  const [inBase, inOurs, inTheirs] = [new Set(b), new Set(o), new Set(t)]
  const kept = (o ?? []).filter((item) => inTheirs.has(item) || !inBase.has(item))
  const added = (t ?? []).filter((item) => !inOurs.has(item) && !inBase.has(item))
  const all = [...kept, ...added]
  // Sets come as sorted lists, and stay so.
  const areSorted = [o ?? [], t ?? []].every((list) =>
    list.every((item, at) => at === 0 || (list[at - 1] ?? "") < item),
  )
  return `[${(areSorted ? all.toSorted() : all).join(",")}]`
}

function objectUnion(base: unknown, ours: unknown, theirs: unknown): FieldText | undefined {
  const [b, o, t] = [base, ours, theirs].map(
    (object) => new Map(Object.entries(object ?? {}).map(([key, value]) => [key, sortedJson(value)])),
  )
  const merged: string[] = []
  for (const key of [...new Set([...(o?.keys() ?? []), ...(t?.keys() ?? [])])].sort()) {
    const [was, mine, other] = [b?.get(key), o?.get(key), t?.get(key)]
    const value = mine === other || other === was ? mine : mine === was ? other : null
    if (value === null) return undefined
    if (value !== undefined) merged.push(`${JSON.stringify(key)}:${value}`)
  }
  return `{${merged.join(",")}}`
}

/** Merges texts word by word; undefined where one is no text, or where both changed the same words. */
export function textMerge({ base, ours, theirs }: Three): FieldText | undefined {
  const [b, o, t] = [parsed(base) ?? "", parsed(ours) ?? "", parsed(theirs) ?? ""]
  if (typeof b !== "string" || typeof o !== "string" || typeof t !== "string") return undefined
  const [was, mine, other] = [words(b), words(o), words(t)]
  if (Math.max(was.length, mine.length, other.length) > maxWords) return undefined
  const merged = merge3(was, matches(was, mine), mine, matches(was, other), other)
  return merged === undefined ? undefined : JSON.stringify(merged.join(""))
}

function words(text: string): readonly string[] {
  return text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? []
}

/** Walks the parts that all three share; between them at most one side may differ from the base. */
function merge3(
  base: readonly string[],
  inMine: readonly number[],
  mine: readonly string[],
  inOther: readonly number[],
  other: readonly string[],
): readonly string[] | undefined {
  const merged: string[] = []
  let [b, m, o] = [0, 0, 0]
  for (let at = 0; at <= base.length; at++) {
    const isEnd = at === base.length
    const m2 = isEnd ? mine.length : (inMine[at] ?? -1)
    const o2 = isEnd ? other.length : (inOther[at] ?? -1)
    if (m2 < 0 || o2 < 0) continue
    const [was, left, right] = [base.slice(b, at), mine.slice(m, m2), other.slice(o, o2)]
    if (same(left, right) || same(right, was)) merged.push(...left)
    else if (same(left, was)) merged.push(...right)
    else return undefined
    if (!isEnd) merged.push(base[at] ?? "")
    ;[b, m, o] = [at + 1, m2 + 1, o2 + 1]
  }
  return merged
}

/** For each word of `base` its place in `text` along a longest common subsequence, -1 where it is not part of it. */
function matches(base: readonly string[], text: readonly string[]): readonly number[] {
  const width = text.length + 1
  const lengths = new Uint16Array((base.length + 1) * width)
  for (let i = base.length - 1; i >= 0; i--) {
    for (let j = text.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        base[i] === text[j]
          ? (lengths[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0)
    }
  }
  const found = Array.from({ length: base.length }, () => -1)
  for (let i = 0, j = 0; i < base.length && j < text.length;) {
    if (base[i] === text[j]) found[i++] = j++
    else if ((lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0)) i++
    else j++
  }
  return found
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, at) => word === b[at])
}

function parsed(text: FieldText): unknown {
  return text === null ? undefined : (JSON.parse(text) as unknown)
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
