import type { Tabs } from "@millrace/indexeddb"
import type { Clock, Log, Random } from "@millrace/ports"
import type { WebsocketProvider } from "y-websocket"
import type { SocketConstructor } from "./options.ts"

export interface Marks {
  get(name: string): string | undefined
  /** A mark without a value goes. Fails in silence. */
  set(name: string, value: string | undefined): void
}

/** What differs between a browser and Node. */
export interface Platform {
  readonly WebSocket: SocketConstructor
  /** Undefined where the local copy lives in memory. */
  readonly indexedDB: IDBFactory | undefined
  /** The tabs that share `indexedDB`; undefined where this process is alone with it. */
  readonly tabs?: Tabs | undefined
  /** Small marks that outlive the databases; undefined where there are none. */
  readonly marks?: Marks | undefined
  /** Takes away what the stock provider leaves in the process. */
  tidy(provider: WebsocketProvider): void
  /** Calls back when the network may be there again. */
  onWake(wake: () => void): () => void
}

/** What a workspace takes from where it runs. */
export interface WorkspacePorts {
  readonly platform: Platform
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}
