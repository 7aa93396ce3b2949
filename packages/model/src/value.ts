/**
 * What a field may hold: JSON plus bytes, big integers, dates, NaN, the infinities and -0.
 *
 * Values that come out of this package are deeply frozen, except bytes and dates, which JavaScript cannot freeze:
 * changing one changes nobody's record and must not be relied on.
 */
export type Value =
  | null
  | boolean
  | number
  | string
  | bigint
  | Uint8Array
  | Date
  | readonly Value[]
  | { readonly [key: string]: Value }

/** A record as plain data: an ordinary frozen object in which `__proto__` is a key like any other. */
export type PlainRecord = Readonly<Record<string, Value>>

/** Sets an own property whatever its name: plain assignment of `__proto__` would change the prototype instead. */
export function setOwn<T>(target: Record<string, T>, key: string, value: T): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  } else {
    target[key] = value
  }
}

/** The own property, never something inherited such as `constructor`. */
export function getOwn<T>(target: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(target, key) ? target[key] : undefined
}

/** Orders strings by UTF-16 code units, the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
