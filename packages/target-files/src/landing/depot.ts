import type { Refusal } from "@millrace/target"

export interface DepotEntry {
  readonly name: string
  readonly isFolder: boolean
}

/** Where landed files lie. Paths are lists of safe names below its root. A failure rejects with a `DepotError`. */
export interface Depot {
  /** Nothing where there is no such folder. */
  list(folder: readonly string[], signal: AbortSignal): Promise<readonly DepotEntry[]>
  /** Undefined where there is no such file. */
  read(path: readonly string[], signal: AbortSignal): Promise<string | undefined>
  /** Written beside, flushed, renamed over what stands there; the folders above are made. Durable once it resolves. */
  write(path: readonly string[], text: string, signal: AbortSignal): Promise<void>
  /** A file, or a folder with all in it; nothing where there is none. */
  remove(path: readonly string[], signal: AbortSignal): Promise<void>
  /** For people: where a path is. */
  nameOf(path: readonly string[]): string
  close(): Promise<void>
}

export class DepotError extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal, options?: ErrorOptions) {
    super(refusal.reason, options)
    this.name = "DepotError"
    this.refusal = refusal
  }
}
