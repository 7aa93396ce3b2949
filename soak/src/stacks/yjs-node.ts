import { WebSocket } from "ws"
import { WebsocketProvider } from "y-websocket"
import * as Y from "yjs"
import { edit, lookAt } from "./shared-document.ts"
import type { Stack } from "./stack-client.ts"

/** `yjs` with `y-websocket` in this process. */
export const yjsInNode: Stack = {
  name: "yjs in Node",
  open: async ({ server, workspace, token }, clientId) => {
    const doc = new Y.Doc()
    if (clientId !== undefined) doc.clientID = clientId
    const provider = new WebsocketProvider(`ws://${server}/sync`, workspace, doc, {
      WebSocketPolyfill: WebSocket as never,
      disableBc: true,
      maxBackoffTime: 200,
      params: { token },
    })
    return {
      name: "yjs in Node",
      edit: async (operations) => edit(doc, operations),
      look: async () => lookAt(doc),
      close: async () => provider.destroy(),
    }
  },
}
