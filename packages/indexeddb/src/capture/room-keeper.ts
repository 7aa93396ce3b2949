import type { CaptureEvent } from "./capture-options.ts"
import type { Room } from "./transaction-recorder.ts"

interface StorageHost {
  readonly navigator?: { readonly storage?: { estimate?(): Promise<{ usage?: number; quota?: number }> } }
}

/** Share of the quota from which on there may be no room for images. */
const tightShare = 0.95

const tighter: Readonly<Record<Room, Room>> = { roomy: "tight", tight: "full", full: "full" }

/** How much room each database has for marks, judged by what became of transactions. */
export class RoomKeeper {
  readonly #rooms = new Map<string, Room>()
  readonly #tell: (event: CaptureEvent) => void

  constructor(tell: (event: CaptureEvent) => void) {
    this.#tell = tell
  }

  of(database: string): Room {
    return this.#rooms.get(database) ?? "roomy"
  }

  /** Asks the browser, so that the first delete on a full disk need not fail to find out. */
  look(database: string): void {
    const { storage } = (globalThis as unknown as StorageHost).navigator ?? {}
    storage?.estimate?.().then(
      ({ usage = 0, quota = 0 }) => {
        if (quota > 0 && usage > quota * tightShare && this.of(database) === "roomy") this.#set(database, "tight")
      },
      () => {},
    )
  }

  /** A transaction completed; `grew` where it stored rows, which proves that there is room again. */
  completed(database: string, grew: boolean): void {
    if (grew && this.of(database) !== "roomy") this.#set(database, "roomy")
  }

  aborted(database: string, error: DOMException | null): void {
    if (error?.name === "QuotaExceededError") this.#set(database, tighter[this.of(database)])
  }

  #set(database: string, room: Room): void {
    if (room === this.of(database)) return
    this.#rooms.set(database, room)
    this.#tell({ kind: "room", database, room })
  }
}
