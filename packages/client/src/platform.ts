import type { Tabs } from "@millrace/indexeddb"
import type { WebsocketProvider } from "y-websocket"
import type { SocketConstructor } from "./options.ts"

/** What differs between a browser and Node. */
export interface Platform {
  readonly WebSocket: SocketConstructor
  /** Undefined where the local copy lives in memory. */
  readonly indexedDB: IDBFactory | undefined
  /** The tabs that share `indexedDB`; undefined where this process is alone with it. */
  readonly tabs?: Tabs | undefined
  /** Takes away what the stock provider leaves in the process. */
  tidy(provider: WebsocketProvider): void
  /** Calls back when the network may be there again. */
  onWake(wake: () => void): () => void
}
