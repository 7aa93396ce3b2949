import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import {
  carriesUpdate,
  type ClientMessage,
  decodeClientMessage,
  encodeClientMessage,
  frameTypes,
  protocolName,
  syncSteps,
} from "@millrace/protocol"
import { WebSocket, WebSocketServer } from "ws"

/** An update frame with nothing in it: whoever gets it has nothing to store and may say at once that it is safe. */
const nothingNew = Uint8Array.of(frameTypes.sync, syncSteps.update, 2, 0, 0)

export interface SwallowingProxy {
  readonly url: string
  close(): void
}

/**
 * Stands before a relay and makes it acknowledge what it never saw: after `letThrough` updates of a socket, each further one is
 * replaced by an update that says nothing.
 */
export async function startSwallowingProxy(relayUrl: string, letThrough: number): Promise<SwallowingProxy> {
  const http = createServer()
  const server = new WebSocketServer({
    server: http,
    handleProtocols: (offered) => offered.has(protocolName) && protocolName,
  })
  server.on("connection", (client, request) => {
    const protocols = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim())
    const stock = protocols[0] !== protocolName
    const relay = new WebSocket(`${relayUrl.replace("http", "ws")}${request.url}`, stock ? [] : protocols)
    const waiting: Uint8Array[] = []
    let seen = 0
    const forward = (bytes: Uint8Array): void => {
      const message = stock ? undefined : decodeClientMessage(bytes)
      if (message?.type === "data" && carriesUpdate(message.payload) && ++seen > letThrough) {
        const swallowed: ClientMessage = { ...message, payload: nothingNew }
        relay.send(encodeClientMessage(swallowed))
      } else relay.send(bytes)
    }
    client.on("message", (data: Buffer) => {
      if (relay.readyState === WebSocket.OPEN) forward(data)
      else waiting.push(data)
    })
    relay.on("open", () => waiting.splice(0).forEach(forward))
    relay.on("message", (data: Buffer) => client.send(data))
    for (const [one, other] of [
      [client, relay],
      [relay, client],
    ] as const) {
      one.on("error", () => other.terminate())
      one.on("close", () => other.terminate())
    }
  })
  await new Promise<void>((resolve) => void http.listen(0, "127.0.0.1", resolve))
  const { port } = http.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      for (const client of server.clients) client.terminate()
      http.close()
      http.closeAllConnections()
    },
  }
}
