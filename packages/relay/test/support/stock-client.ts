import { atEndOfTests, waitFor } from "@millrace/testkit"
import { WebSocket } from "ws"
import { WebsocketProvider } from "y-websocket"
import * as Y from "yjs"

export interface StockClient {
  readonly doc: Y.Doc
  readonly provider: WebsocketProvider
  /** Close codes heard so far. */
  readonly closes: readonly number[]
}

/** The stock provider of y-websocket over a bare document; destroyed at the end of the tests. */
export function stockClient(url: string, workspace: string, token: string, doc: Y.Doc = new Y.Doc()): StockClient {
  const closes: number[] = []
  const provider = new WebsocketProvider(url, workspace, doc, {
    WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
    params: { token },
    disableBc: true,
  })
  provider.on("connection-close", (event) => {
    if (event !== null) closes.push(event.code)
  })
  atEndOfTests(() => provider.destroy())
  return { doc, provider, closes }
}

export async function syncedStockClient(
  url: string,
  workspace: string,
  token: string,
  doc?: Y.Doc,
): Promise<StockClient> {
  const client = stockClient(url, workspace, token, doc)
  await waitFor(() => client.provider.synced, { what: "the stock provider to be in sync", everyMs: 5 })
  return client
}
