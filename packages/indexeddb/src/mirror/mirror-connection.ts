import { StorageFault } from "../storage-fault.ts"
import { openMirrorDatabase, type OpenedMirror } from "./mirror-database.ts"
import type { MirrorStores } from "./mirror-stores.ts"
import { openDatabase } from "../open-database.ts"
import { readOnly } from "./read-only-database.ts"

export interface MirrorConnectionOptions {
  readonly indexedDB: IDBFactory
  readonly name: string
  readonly stores: MirrorStores
  readonly onFault: (fault: StorageFault) => void
  /** The stores have a connection again, or for the first time. */
  readonly onOpen: (opened: OpenedMirror) => void
  /** The connection is gone: by an upgrade of another page, or by a fault that was told. */
  readonly onLost: () => void
}

/** A tab's connections to the mirrored stores: its own, and that which the application reads with. */
export class MirrorConnection {
  readonly #options: MirrorConnectionOptions
  #own: Promise<OpenedMirror> | undefined
  #reading: Promise<IDBDatabase> | undefined
  /** The first opening, and one that was asked for, replaces the stores of another schema. */
  #takesOver = true
  #closed = false
  #opening = {}

  constructor(options: MirrorConnectionOptions) {
    this.#options = options
  }

  /** The own connection, opened where there is none. Rejects with a `StorageFault`, and can be called again. */
  async own(): Promise<IDBDatabase> {
    this.#own ??= this.#open()
    return (await this.#own).database
  }

  /** One for reading only, the same until it is lost. */
  async reading(): Promise<IDBDatabase> {
    await this.own()
    this.#reading ??= this.#openForReading()
    return await this.#reading
  }

  /** The next opening may replace the stores of another schema. */
  takeOver(): void {
    this.#takesOver = true
  }

  /** Lets the own connection go; the next call opens it again. */
  drop(): void {
    const own = this.#own
    this.#own = undefined
    this.#opening = {}
    own?.then(({ database }) => database.close()).catch(() => {})
  }

  close(): void {
    this.#closed = true
    this.drop()
    const reading = this.#reading
    this.#reading = undefined
    reading?.then((database) => database.close()).catch(() => {})
  }

  async #open(): Promise<OpenedMirror> {
    const { indexedDB, name, stores, onFault, onOpen, onLost } = this.#options
    // Of several connections one after the other, only the last is worth a word.
    const opening = {}
    this.#opening = opening
    let isOpen = false
    const lose = (): void => {
      if (!isOpen || this.#opening !== opening) return
      isOpen = false
      this.#own = undefined
      onLost()
    }
    const takeOver = this.#takesOver
    const own = openMirrorDatabase({
      indexedDB,
      name,
      stores,
      takeOver,
      onFault: (fault) => {
        onFault(fault)
        if (fault.fault !== "blocked") lose()
      },
      onUpgrade: lose,
    })
    try {
      const opened = await own
      if (this.#closed) throw new StorageFault("closed", name)
      isOpen = true
      this.#takesOver = false
      onOpen(opened)
      return opened
    } catch (thrown) {
      own.then(({ database }) => database.close()).catch(() => {})
      if (this.#opening === opening) this.#own = undefined
      throw thrown
    }
  }

  async #openForReading(): Promise<IDBDatabase> {
    const { indexedDB, name, onFault } = this.#options
    const forget = (): void => void (this.#reading = undefined)
    try {
      const database = await openDatabase({
        indexedDB,
        name,
        upgrade: () => {},
        onFault: (fault) => {
          forget()
          onFault(fault)
        },
        onUpgrade: forget,
      })
      return readOnly(database)
    } catch (thrown) {
      forget()
      throw thrown
    }
  }
}
