import type { IncomingMessage } from "node:http"
import { connect } from "node:net"
import type { Duplex } from "node:stream"

/**
 * Hands a WebSocket upgrade below `/sync` to the relay, bytes unchanged both ways; each side's end ends the other.
 *
 * Nothing is buffered beyond the sockets' own buffers: a slow side slows the other down. Where the relay is down the
 * answer is 503.
 */
export function passToRelay(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  relayOrigin: string | undefined,
): void {
  socket.on("error", () => socket.destroy())
  if (!/^\/sync(\/|\?|$)/.test(request.url ?? "")) return refuse(socket, "404 Not Found")
  if (relayOrigin === undefined) return refuse(socket, "503 Service Unavailable")
  const { hostname, port } = new URL(relayOrigin)
  const relay = connect(Number(port), hostname.replace(/^\[|\]$/g, ""))
  relay.setNoDelay(true)
  let open = false
  relay.once("connect", () => {
    open = true
    relay.write(requestHead(request))
    if (head.length > 0) relay.write(head)
    socket.pipe(relay)
    relay.pipe(socket)
  })
  relay.once("error", () => (open ? socket.destroy() : refuse(socket, "503 Service Unavailable")))
  relay.once("close", () => socket.destroy())
  socket.once("close", () => relay.destroy())
}

function requestHead(request: IncomingMessage): string {
  const lines = [`${request.method} ${request.url} HTTP/1.1`]
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    lines.push(`${request.rawHeaders[at]}: ${request.rawHeaders[at + 1]}`)
  }
  return `${lines.join("\r\n")}\r\n\r\n`
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}
