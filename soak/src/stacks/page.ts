// What runs in the browser: `stock` y-websocket clients by number, for the campaign to call.
import { WebsocketProvider } from "y-websocket"
import * as Y from "yjs"
import type { Look, Operation } from "./operations.ts"
import { edit, lookAt } from "./shared-document.ts"

interface Opened {
  readonly doc: Y.Doc
  readonly provider: WebsocketProvider
}

const opened: Opened[] = []

const stock = {
  open(url: string, workspace: string, token: string, clientId: number | null): number {
    const doc = new Y.Doc()
    if (clientId !== null) doc.clientID = clientId
    const provider = new WebsocketProvider(url, workspace, doc, {
      disableBc: true,
      maxBackoffTime: 200,
      params: { token },
    })
    return opened.push({ doc, provider }) - 1
  },
  edit(number: number, operations: readonly Operation[]): void {
    const client = opened[number]
    if (client !== undefined) edit(client.doc, operations)
  },
  look(number: number): Look | undefined {
    const client = opened[number]
    return client === undefined ? undefined : lookAt(client.doc)
  },
  close(number: number): void {
    opened[number]?.provider.destroy()
  },
}

export type StockClients = typeof stock

Object.assign(globalThis, { stock })
