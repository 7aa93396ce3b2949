/** A key that nobody can change any more; undefined where it is no key, or only the application's own code could tell. */
export function copyKey(value: unknown, depth = 0): IDBValidKey | undefined {
  if (typeof value === "string") return value
  if (typeof value === "number") return Number.isNaN(value) ? undefined : value
  if (typeof value !== "object" || value === null || depth > 50) return undefined
  if (value instanceof Date) {
    const timeMs = Date.prototype.getTime.call(value)
    return Number.isNaN(timeMs) ? undefined : new Date(timeMs)
  }
  if (Array.isArray(value)) return copyArray(value, depth)
  return copyBytes(value)
}

function copyArray(value: readonly unknown[], depth: number): IDBValidKey | undefined {
  const copy: IDBValidKey[] = []
  for (let index = 0; index < value.length; index += 1) {
    const found = ownValue(value, String(index))
    const element = found && copyKey(found.value, depth + 1)
    if (element === undefined) return undefined
    copy.push(element)
  }
  return copy
}

function copyBytes(value: object): IDBValidKey | undefined {
  try {
    if (ArrayBuffer.isView(value)) {
      return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice().buffer
    }
    return value instanceof ArrayBuffer ? value.slice(0) : undefined
  } catch {
    // Detached: the engine refuses it too.
    return undefined
  }
}

/**
 * The key at a key path of a value that is about to be stored; undefined where the engine has to be asked afterwards.
 *
 * Only own, enumerable data properties are followed, as a structured clone sees them: running the application's getters once
 * more could be noticed.
 */
export function keyAtPath(value: unknown, path: string | readonly string[]): IDBValidKey | undefined {
  if (typeof path === "string") return copyKey(valueAt(value, path))
  const parts: IDBValidKey[] = []
  for (const each of path) {
    const part = copyKey(valueAt(value, each))
    if (part === undefined) return undefined
    parts.push(part)
  }
  return parts
}

function valueAt(value: unknown, path: string): unknown {
  if (path === "") return value
  let current = value
  for (const name of path.split(".")) {
    const found = ownValue(current, name)
    if (found === undefined) return undefined
    current = found.value
  }
  return current
}

/** Whether a clone of the value has certainly nothing at the path. */
export function lacksPath(value: unknown, path: string): boolean {
  let current = value
  for (const name of path.split(".")) {
    if (typeof current !== "object" || current === null || losesProperties(current)) return false
    const property = Object.getOwnPropertyDescriptor(current, name)
    if (property?.enumerable !== true) return true
    if (!("value" in property)) return false
    current = property.value
  }
  return false
}

function ownValue(from: unknown, name: string): { readonly value: unknown } | undefined {
  if (typeof from !== "object" || from === null || losesProperties(from)) return undefined
  const property = Object.getOwnPropertyDescriptor(from, name)
  return property?.enumerable === true && "value" in property ? { value: property.value } : undefined
}

/** Classes whose clones have none of the properties that somebody gave the original. */
const bare = ["Map", "Set", "Date", "RegExp", "Error", "ArrayBuffer", "Blob", "Boolean", "Number", "String", "BigInt"]

function losesProperties(value: object): boolean {
  if (ArrayBuffer.isView(value)) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null || prototype === Array.prototype) return false
  const host = globalThis as unknown as Readonly<Record<string, unknown>>
  return bare.some((name) => typeof host[name] === "function" && value instanceof host[name])
}
