/** Storage whose use by one tab can be ended, as its process would by dying. */
export interface KillableFactory {
  readonly indexedDB: IDBFactory
  /** No transaction begins any more; those under way are aborted, or left to complete. */
  kill(aborts?: boolean): void
  /** The browser closes the connections to databases of this name. */
  close(name: string): void
}

/** A view of `real`: what it opens is real, and stops working when it is killed. */
export function killable(real: IDBFactory): KillableFactory {
  let isDead = false
  const databases = new Set<IDBDatabase>()
  const underWay = new Set<IDBTransaction>()
  const follow = (database: IDBDatabase): void => {
    const prototype = Object.getPrototypeOf(database) as IDBDatabase
    const transaction = (...given: Parameters<IDBDatabase["transaction"]>): IDBTransaction => {
      if (isDead) throw new DOMException("This tab is dead.", "InvalidStateError")
      const begun = prototype.transaction.call(database, ...given)
      underWay.add(begun)
      begun.addEventListener("complete", () => underWay.delete(begun))
      begun.addEventListener("abort", () => underWay.delete(begun))
      return begun
    }
    databases.add(database)
    Object.setPrototypeOf(database, Object.create(prototype, { transaction: { value: transaction } }) as object)
  }
  const open = (name: string, version?: number): IDBOpenDBRequest => {
    if (isDead) throw new DOMException("This tab is dead.", "InvalidStateError")
    const request = version === undefined ? real.open(name) : real.open(name, version)
    request.addEventListener("success", () => (isDead ? request.result.close() : follow(request.result)))
    return request
  }
  return {
    indexedDB: new Proxy(real, {
      get: (target, name) => {
        if (name === "open") return open
        const found: unknown = Reflect.get(target, name)
        return typeof found === "function" ? (found.bind(target) as unknown) : found
      },
    }),
    kill: (aborts = true) => {
      isDead = true
      if (aborts) {
        for (const transaction of underWay) {
          try {
            transaction.abort()
          } catch {
            // It ended already.
          }
        }
      }
      for (const database of databases) database.close()
    },
    close: (name) => {
      for (const database of databases) {
        if (database.name !== name) continue
        database.close()
        database.onclose?.call(database, new Event("close"))
      }
    },
  }
}
