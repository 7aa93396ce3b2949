// One of the peers' real clients, to hold the load client against: node provider.mjs KIND URL ROOM [TOKEN].
// It writes one key and says when it sees the other.
import { HocuspocusProvider, HocuspocusProviderWebsocket } from "@hocuspocus/provider"
import WebSocket from "ws"
import { WebsocketProvider } from "y-websocket"
import * as Y from "yjs"

const [kind, url, name, token] = process.argv.slice(2)
const doc = new Y.Doc()
const map = doc.getMap("bench")
map.observe(() => {
  if (map.has("ours")) process.stdout.write(`sees ${map.get("ours")}\n`)
})

if (kind === "hocuspocus") {
  const websocketProvider = new HocuspocusProviderWebsocket({ url, WebSocketPolyfill: WebSocket })
  new HocuspocusProvider({ websocketProvider, name, document: doc, token: "bench" }).attach()
} else {
  const params = token === undefined ? {} : { token }
  new WebsocketProvider(url, name, doc, { WebSocketPolyfill: WebSocket, disableBc: true, params }).connect()
}
map.set("theirs", "from the provider")
