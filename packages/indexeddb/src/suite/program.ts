/** Numbers by chance that a seed repeats; the suite runs in pages too, where no test kit is. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = (seed ^ 0x9e3779b9) >>> 0
  }

  /** A whole number, 0 <= n < below. */
  below(below: number): number {
    this.#state = (Math.imul(this.#state ^ (this.#state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) >>> 0
    const mixed = Math.imul(this.#state ^ (this.#state >>> 13), 0x297a2d39)
    return ((mixed ^ (mixed >>> 16)) >>> 0) % below
  }

  chance(percent: number): boolean {
    return this.below(100) < percent
  }

  pick<T>(from: readonly [T, ...T[]]): T {
    return from[this.below(from.length)] ?? from[0]
  }
}

export const storeNames = ["inline", "outline", "counted", "nested", "pairs"] as const
type StoreName = (typeof storeNames)[number]

/** Makes the stores of every program: key paths, generators, compound keys, unique and multi-entry indexes. */
export function createStores(database: IDBDatabase): void {
  const inline = database.createObjectStore("inline", { keyPath: "id" })
  inline.createIndex("unique", "u", { unique: true })
  inline.createIndex("tags", "tags", { multiEntry: true })
  database.createObjectStore("outline").createIndex("n", "n")
  database.createObjectStore("counted", { autoIncrement: true }).createIndex("unique", "u", { unique: true })
  database.createObjectStore("nested", { keyPath: "a.id", autoIncrement: true })
  database.createObjectStore("pairs", { keyPath: ["x", "y"] })
}

/** Said where only the application's own code can tell a key: its write has no image. */
export const getterLine = "key by a getter"

export type Trace = readonly string[]

/** One program: what it does is told by its seed alone; what happened is its trace. */
export class Program {
  readonly #dice: Dice
  readonly #database: IDBDatabase

  constructor(seed: number, database: IDBDatabase) {
    this.#dice = new Dice(seed)
    this.#database = database
  }

  /** Runs one step, of one transaction or two at a time, to its end; the trace is that of each, one after the other. */
  async step(): Promise<Trace> {
    const count = this.#dice.chance(25) ? 2 : 1
    const traces = Array.from({ length: count }, () => new Run(this.#dice, this.#database).start())
    return (await Promise.all(traces)).flat()
  }
}

/** One transaction of a program. */
class Run {
  readonly #dice: Dice
  readonly #seed: Dice
  readonly #database: IDBDatabase
  readonly #trace: string[] = []
  #asked = 0
  #transaction: IDBTransaction | undefined

  constructor(dice: Dice, database: IDBDatabase) {
    this.#dice = dice
    // Handlers draw from dice of their own: two transactions may answer in either order.
    this.#seed = new Dice(dice.below(1 << 30))
    this.#database = database
  }

  start(): Promise<Trace> {
    const names = storeNames.filter(() => this.#dice.chance(50))
    const transaction = this.#database.transaction(names.length === 0 ? ["inline"] : names, "readwrite")
    this.#transaction = transaction
    this.#say(`stores ${[...transaction.objectStoreNames].join()}`)
    const end = new Promise<void>((resolve) => {
      transaction.oncomplete = () => resolve(this.#say("complete"))
      transaction.onabort = () => resolve(this.#say(`abort ${transaction.error?.name ?? "null"}`))
      transaction.onerror = (event) => this.#say(`tx error ${(event.target as IDBRequest).error?.name}`)
    })
    if (this.#seed.chance(15)) {
      transaction.addEventListener("success", ({ target }) => this.#say(`captured ${nameOf(target)}`), true)
    }
    this.#burst(1 + this.#seed.below(6), 2)
    if (this.#seed.chance(8)) this.#attempt("commit", () => transaction.commit())
    if (this.#seed.chance(5)) this.#attempt("abort", () => transaction.abort())
    return end.then(() => this.#trace)
  }

  #burst(count: number, depth: number): void {
    for (let n = 0; n < count; n += 1) this.#operation(depth)
    if (this.#seed.chance(15)) queueMicrotask(() => this.#operation(depth))
  }

  #operation(depth: number): void {
    const label = `${(this.#asked += 1)}`
    const request = this.#attempt(label, () => this.#ask(this.#store()))
    if (request === undefined) return
    const goesOn = depth > 0 && this.#seed.chance(30)
    const prevents = this.#seed.chance(60)
    const throws = this.#seed.chance(3)
    const ends = this.#seed.below(100)
    request.onsuccess = () => {
      const { result } = request
      this.#say(`${label} success ${request.source === null ? "" : nameOf(request)} ${show(result)}`)
      if (isCursor(result)) this.#walk(result, label)
      if (goesOn) this.#burst(1 + this.#seed.below(3), depth - 1)
      if (ends < 2) this.#attempt("abort", () => this.#transaction?.abort())
      if (ends > 96) this.#attempt("commit", () => this.#transaction?.commit())
      if (throws) throw new Error("meant to be thrown")
    }
    request.onerror = (event) => {
      this.#say(`${label} error ${request.error?.name}`)
      if (prevents) event.preventDefault()
      if (goesOn && prevents) this.#burst(1, depth - 1)
    }
  }

  #walk(cursor: IDBCursorWithValue, label: string): void {
    const what = this.#seed.below(5)
    if (what < 2) this.#attempt(`${label} update`, () => cursor.update(changed(cursor.value, this.#seed.below(9))))
    if (what === 2) this.#attempt(`${label} delete`, () => cursor.delete())
    if (what === 3) this.#attempt(`${label} bad update`, () => cursor.update(() => {}))
    if (this.#seed.chance(70)) this.#attempt(`${label} continue`, () => cursor.continue())
  }

  #ask(store: IDBObjectStore): IDBRequest {
    const { name } = store as { name: StoreName }
    switch (this.#seed.below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return this.#write(store, name, "put")
      case 4:
      case 5:
        return this.#write(store, name, "add")
      case 6:
        return store.delete(this.#seed.chance(10) ? Number.NaN : this.#key(name))
      case 7:
        return store.delete(this.#range(name))
      case 8:
        return this.#seed.chance(25) ? store.clear() : store.count()
      case 9:
        return store.openCursor(this.#seed.chance(50) ? this.#range(name) : null)
      case 10: {
        const [index] = [...store.indexNames]
        return index === undefined ? store.getAll() : store.index(index).openCursor()
      }
      default:
        return store.get(this.#key(name))
    }
  }

  #write(store: IDBObjectStore, name: StoreName, op: "add" | "put"): IDBRequest {
    const value = this.#value(name)
    const isKeyed = name === "outline" || (name === "counted" && this.#seed.chance(50))
    const key = isKeyed ? this.#key(name) : undefined
    const request = key === undefined ? store[op](value) : store[op](value, key)
    // The engine has its copy: what the application does to its own is its own affair.
    if (this.#seed.chance(20)) Object.assign(value, { id: "changed later", a: 1, x: 9 })
    return request
  }

  #value(name: StoreName): Record<string, unknown> {
    const dice = this.#seed
    const value: Record<string, unknown> = { n: dice.below(100), text: "t".repeat(dice.below(20)) }
    if (dice.chance(40)) value["u"] = dice.below(6)
    if (dice.chance(30)) value["tags"] = ["a", "b", "c"].slice(dice.below(3))
    if (name === "inline") value["id"] = this.#key(name)
    if (name === "nested" && dice.chance(90)) value["a"] = dice.chance(50) ? {} : { id: dice.below(12) }
    if (name === "pairs") Object.assign(value, { x: dice.below(3), y: dice.pick(["p", "q", 1]) })
    if (name === "inline" && dice.chance(5)) {
      const key = value["id"]
      this.#say(getterLine)
      Object.defineProperty(value, "id", { get: () => key, enumerable: true, configurable: true })
    }
    if (dice.chance(3)) value["bad"] = () => {}
    if (dice.chance(3)) delete value["id"]
    return value
  }

  #key(name: StoreName): IDBValidKey {
    const dice = this.#seed
    if (name === "pairs") return [dice.below(3), dice.pick(["p", "q", 1])]
    if (name === "counted" || name === "nested") return dice.below(12)
    return dice.pick<() => IDBValidKey>([
      () => `k${dice.below(6)}`,
      () => dice.below(5),
      () => new Date(dice.below(3)),
      () => new Uint8Array([dice.below(3)]).buffer,
      () => ["deep", [dice.below(2)]],
    ])()
  }

  #range(name: StoreName): IDBKeyRange {
    if (name === "pairs") return IDBKeyRange.bound([0], [this.#seed.below(3), []])
    const from = this.#seed.below(8)
    return this.#seed.chance(50) ? IDBKeyRange.bound(from, from + this.#seed.below(5)) : IDBKeyRange.lowerBound("k3")
  }

  #store(): IDBObjectStore {
    const transaction = this.#transaction
    if (transaction === undefined) throw new Error("Not started.")
    const names = [...transaction.objectStoreNames]
    const name = names[this.#seed.below(names.length)] ?? ""
    const store = transaction.objectStore(name)
    if (store !== transaction.objectStore(name) || store.transaction !== transaction) this.#say("another identity")
    return store
  }

  #attempt<T>(label: string, work: () => T): T | undefined {
    try {
      return work()
    } catch (thrown) {
      this.#say(`${label} throws ${thrown instanceof Error ? thrown.name : String(thrown)}`)
      return undefined
    }
  }

  #say(line: string): void {
    this.#trace.push(line)
  }
}

function isCursor(result: unknown): result is IDBCursorWithValue {
  return typeof result === "object" && result !== null && "continue" in result
}

function changed(value: unknown, by: number): unknown {
  return typeof value === "object" && value !== null ? { ...value, n: by } : value
}

function nameOf(target: EventTarget | null): string {
  const { source } = target as IDBRequest
  return "name" in source ? source.name : "cursor"
}

function show(result: unknown): string {
  if (isCursor(result)) return `cursor ${show(result.primaryKey)}`
  return JSON.stringify(result, (_key, value: unknown) =>
    value instanceof ArrayBuffer ? [...new Uint8Array(value)] : value,
  )
}
