import { webString } from "./name-list.ts"

const maxDepth = 100

/** Whether two values that came out of IndexedDB are alike; where it cannot be told they are not. */
export function sameClone(a: unknown, b: unknown, depth = 0): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null || depth > maxDepth) return false
  const tag = tagOf(a)
  if (tag !== tagOf(b)) return false
  switch (tag) {
    case "Date":
      return Object.is(Number(a), Number(b))
    case "Array":
    case "Object":
      return sameEntries(Object.entries(a), Object.entries(b), depth)
    case "Map":
      return sameEntries([...(a as Map<unknown, unknown>)], [...(b as Map<unknown, unknown>)], depth)
    case "Set":
      return sameClone([...(a as Set<unknown>)], [...(b as Set<unknown>)], depth + 1)
    case "RegExp":
    case "Boolean":
    case "Number":
    case "String":
    case "BigInt":
      return webString(a) === webString(b)
    case "Blob":
    case "File":
      return sameBlob(a as File, b as File)
    default:
      return sameBytes(a, b)
  }
}

type Entry = readonly [unknown, unknown]

function sameEntries(a: readonly Entry[], b: readonly Entry[], depth: number): boolean {
  if (a.length !== b.length) return false
  const sorted = (entries: readonly Entry[]): readonly Entry[] =>
    entries.every(([key]) => typeof key === "string")
      ? [...entries].sort(([x], [y]) => ((x as string) < (y as string) ? -1 : 1))
      : entries
  const right = sorted(b)
  return sorted(a).every(([key, value], index) => {
    const other = right[index]
    return other !== undefined && sameClone(key, other[0], depth + 1) && sameClone(value, other[1], depth + 1)
  })
}

/** The bytes cannot be read at once; the same name, type and size is taken for the same content. */
function sameBlob(a: File, b: File): boolean {
  return a.size === b.size && a.type === b.type && a.name === b.name && a.lastModified === b.lastModified
}

function sameBytes(a: object, b: object): boolean {
  const left = bytesOf(a)
  const right = bytesOf(b)
  return (
    left !== undefined &&
    right !== undefined &&
    left.length === right.length &&
    left.every((byte, index) => byte === right[index])
  )
}

function bytesOf(value: object): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  return tagOf(value) === "ArrayBuffer" ? new Uint8Array(value as ArrayBuffer) : undefined
}

export function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1)
}
