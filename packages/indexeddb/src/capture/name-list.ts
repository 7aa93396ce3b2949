import { isHidden } from "./journal.ts"

/** A text as the engine makes one of what it is given: unlike `String`, it refuses symbols. */
export function webString(value: unknown): string {
  return String.prototype.concat.call("", value as string)
}

/** Called with too little: the engine says so. */
export function isEmpty(args: readonly unknown[]): boolean {
  return args.length === 0
}

/** The names that an application may see, as the list of the same class that the engine would give it. */
export function visibleNames(real: DOMStringList): DOMStringList {
  const names = Array.from(real).filter((name) => !isHidden(name))
  const list = Object.create(Object.getPrototypeOf(real) as object) as object
  const properties: PropertyDescriptorMap = {
    length: { value: names.length },
    item: { value: (index: number) => names[Math.trunc(index)] ?? null },
    contains: { value: (name: unknown) => names.includes(String(name)) },
    [Symbol.iterator]: { value: () => names[Symbol.iterator]() },
  }
  for (const [index, value] of names.entries()) properties[index] = { value, enumerable: true }
  return Object.defineProperties(list, properties) as DOMStringList
}

let inside = 0

/** Runs one of the engine's functions: engines whose name lists are plain properties read them while they work. */
export function asEngine<T>(work: () => T): T {
  inside += 1
  try {
    return work()
  } finally {
    inside -= 1
  }
}

/** Whether one of the engine's own functions asks. */
export function asksEngine(): boolean {
  return inside > 0
}

/**
 * Hides names in an engine that keeps its lists as properties of the object, as those written in JavaScript do.
 *
 * What is read outside of its own calls is the visible part; what it appends there goes to the real list.
 */
export function hideOwnNames(object: IDBDatabase | IDBTransaction): void {
  if (!Object.hasOwn(object, "objectStoreNames")) return
  let real: DOMStringList = object.objectStoreNames
  Object.defineProperty(object, "objectStoreNames", {
    configurable: true,
    enumerable: true,
    get: () => {
      if (inside > 0) return real
      const visible = visibleNames(real)
      for (const name of ["_push", "_sort"]) {
        const own = (real as unknown as Record<string, (...args: unknown[]) => unknown>)[name]
        Object.defineProperty(visible, name, { value: (...args: unknown[]) => own?.apply(real, args) })
      }
      return visible
    },
    set: (names: DOMStringList) => {
      real = names
    },
  })
}
