import { resultOf } from "../open-database.ts"
import { metaStore } from "./journal.ts"
import type { Natives } from "./natives.ts"

/**
 * A connection of our own to an application's database: it never makes one, and stands in nobody's way.
 *
 * Upgrades and deletions find it closed; it is opened again at the next use, once the application has the database again.
 */
export class SideConnection {
  readonly #natives: Natives
  readonly #engine: IDBFactory
  readonly #name: string
  #database: IDBDatabase | undefined
  #opening: Promise<IDBDatabase | undefined> | undefined
  #isClosed = false

  constructor(natives: Natives, engine: IDBFactory, name: string) {
    this.#natives = natives
    this.#engine = engine
    this.#name = name
  }

  /** Undefined where there is no such database, or none with journals. */
  async get(): Promise<IDBDatabase | undefined> {
    if (this.#database !== undefined) return this.#database
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined))
    return await this.#opening
  }

  close(): void {
    this.#isClosed = true
    this.#drop()
  }

  /** What was meant for the connection that is gone is tried on a new one. */
  drop(): void {
    this.#drop()
  }

  #drop(): void {
    this.#database?.close()
    this.#database = undefined
  }

  async #open(): Promise<IDBDatabase | undefined> {
    const databases = await this.#natives.factory.databases.call(this.#engine)
    if (!databases.some(({ name }) => name === this.#name)) return undefined
    const request = this.#natives.factory.open.call(this.#engine, this.#name)
    request.onupgradeneeded = () => request.transaction?.abort()
    let database: IDBDatabase
    try {
      database = await resultOf(request)
    } catch {
      return undefined
    }
    if (this.#isClosed || !database.objectStoreNames.contains(metaStore)) {
      database.close()
      return undefined
    }
    this.#database = database
    const gone = (): void => {
      database.close()
      if (this.#database === database) this.#database = undefined
    }
    database.onversionchange = gone
    database.onclose = gone
    return database
  }
}
