import type { Clock, Log, Random } from "@millrace/ports"
import type { Schema } from "@millrace/model"

/** A socket as the platform makes it: the browser's WebSocket, or that of `ws`. */
export interface SocketLike {
  binaryType: string
  readonly readyState: number
  readonly bufferedAmount: number
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  send(data: Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
}

export type SocketConstructor = new (url: string, protocols: string[]) => SocketLike

/** Asked at every connection, and before a token expires while it is in use; never logged. */
export type TokenSource = string | (() => Promise<string> | string)

/** How to reach a relay. */
export interface RelayOptions {
  /** Origin of the relay, `http(s)://` or `ws(s)://`, without `/sync`. */
  readonly url: string
  readonly token: TokenSource
  /** Left out: the platform's. */
  readonly WebSocket?: SocketConstructor
  readonly clock?: Clock
  readonly random?: Random
  readonly log?: Log
}

export interface WorkspaceOptions<S extends Schema> extends RelayOptions {
  readonly name: string
  readonly schema: S
  /**
   * Where the local copy lives. Left out: the browser's own; in `./node`, memory. `null`: memory.
   * The globals `IDBKeyRange` must belong to the same implementation.
   */
  readonly indexedDB?: IDBFactory | null
  /** Generation of the workspace that is meant, 1 unless it was reset. */
  readonly generation?: number
  /**
   * Keep the records as object stores too, for `Workspace.database` and `Workspace.changes`. Default false: it costs as much disk as the
   * records, and a rebuild where the schema changes. Several tabs of one browser must say the same.
   */
  readonly mirror?: boolean
}
