import { type IncomingMessage, STATUS_CODES } from "node:http"
import type { Duplex } from "node:stream"
import { asMillraceError, MillraceError } from "@millrace/ports"
import { closeCodeOf, encodeServerMessage, protocolName, type WorkspaceRef } from "@millrace/protocol"
import { WebSocket, WebSocketServer } from "ws"
import { grantFor } from "../access/grants.ts"
import type { Claims } from "../access/token.ts"
import { type Answer, errorAnswer } from "../http/answer.ts"
import { pathOf, refIn } from "../http/path.ts"
import { addressOf } from "../guard/address.ts"
import { isOriginAllowed, type Origins } from "../guard/origin.ts"
import type { Connection } from "./connection.ts"
import { MillraceSocket } from "./millrace-socket.ts"
import type { Session } from "./session.ts"
import { serveStock } from "./stock-socket.ts"

/** Room for a message's own head, so that the limit on its content is met by our typed refusal first. */
const headRoomBytes = 1024
/** What the library closes with when a message is over its limit. */
const libraryTooLarge = 1009

/** Gives messages over the library's limit the permanent code that clients do not come back from with the same message. */
class TypedCloseSocket extends WebSocket {
  override close(code?: number, data?: string | Buffer): void {
    if (code === libraryTooLarge) super.close(closeCodeOf("too-large"), "The message is over the relay's limit.")
    else super.close(code, data)
  }
}

export interface UpgradeRules {
  readonly origins: Origins
  /** Proxies of ours in front, whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: number
}

/** Sockets that come back after a restart are spread over this much time for each of them, at most `maxSpreadMs` in all. */
const spreadMsPerSocket = 10
const maxSpreadMs = 15_000
const minReturnMs = 100

/** Turns HTTP upgrades into served sockets: access first, nothing is read before it. */
export class Upgrader {
  readonly #session: Session
  readonly #rules: UpgradeRules
  readonly #server: WebSocketServer
  readonly #connections = new Set<Connection>()
  #draining = false

  constructor(session: Session, rules: UpgradeRules) {
    this.#session = session
    this.#rules = rules
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: session.limits.maxMessageBytes + headRoomBytes,
      handleProtocols: (protocols) => (protocols.has(protocolName) ? protocolName : false),
      WebSocket: TypedCloseSocket,
    })
  }

  get count(): number {
    return this.#connections.size
  }

  /** Never rejects: whatever goes wrong is the peer's answer. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // A peer that goes away during the handshake is no error of ours.
    socket.on("error", () => socket.destroy())
    const offered = offeredProtocols(request)
    const ours = offered[0] === protocolName
    try {
      const { origin, host } = request.headers
      if (!isOriginAllowed(origin, host, this.#rules.origins)) {
        throw new MillraceError("Pages of this origin may not connect; add it to the relay's list of origins.", {
          kind: "forbidden",
        })
      }
      this.#checkRoom()
      if (!this.#enter(request, socket, head, ours)) return
      if (ours) await this.#upgradeMillrace(request, socket, head, offered[1] ?? "")
      else await this.#upgradeStock(request, socket, head)
    } catch (thrown) {
      const error = asMillraceError(thrown, "bug")
      this.#session.metrics.refusals.add(error.kind)
      this.#session.log.info("upgrade refused", { kind: error.kind, path: pathOf(request.url).pathname })
      writeRefusal(socket, errorAnswer(error))
    }
  }

  /** Ends every socket whose token is not good any more. */
  recheck(): void {
    for (const connection of this.#connections) this.#recheckOne(connection)
  }

  /** Refuses new sockets and takes nothing more from those that are there; what was taken is still acknowledged. */
  stopTaking(): void {
    this.#draining = true
    for (const connection of this.#connections) connection.stopTaking()
  }

  /** Closes every socket with 1012, service restart, each with its own time to come back, so that they do not come all at once. */
  dismiss(): void {
    const spreadMs = Math.min(maxSpreadMs, this.#connections.size * spreadMsPerSocket)
    for (const connection of this.#connections) {
      const afterMs = minReturnMs + Math.floor(this.#session.random.float() * spreadMs)
      connection.dismiss(restarts(afterMs))
    }
  }

  /** Lets go of the sockets whose peers did not close in time. */
  terminate(): void {
    for (const connection of this.#connections) connection.terminate()
  }

  async #upgradeStock(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { pathname, searchParams } = pathOf(request.url)
    const token = searchParams.get("token")
    if (token === null) {
      throw new MillraceError("A token is needed: add `?token=` to the URL.", { kind: "unauthenticated" })
    }
    const claims = await this.#session.verifier.verify(token)
    const ref = workspaceInPath(pathname)
    if (ref === undefined) throw new MillraceError("Name a workspace: /sync/<workspace>.", { kind: "invalid" })
    const grant = grantFor(claims, ref)
    this.#session.catalogue.checkOpen(ref, 0)
    const room = await this.#session.rooms.acquire(ref)
    if (socket.destroyed) return this.#session.rooms.release(room)
    try {
      const leave = this.#session.guard.enterUser(claims.subject)
      socket.once("close", leave)
      this.#server.handleUpgrade(request, socket, head, (webSocket) => {
        this.#keep(webSocket, serveStock(this.#session, { socket: webSocket, stream: socket }, claims, grant, room))
      })
    } catch (thrown) {
      this.#session.rooms.release(room)
      throw thrown
    }
  }

  async #upgradeMillrace(request: IncomingMessage, socket: Duplex, head: Buffer, token: string): Promise<void> {
    const admitted = await this.#admit(token, pathOf(request.url).pathname, socket)
    if (socket.destroyed) return
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      if (admitted instanceof MillraceError) return this.#turnAway(webSocket, admitted)
      const pair = { socket: webSocket, stream: socket }
      this.#keep(webSocket, new MillraceSocket(this.#session, pair, admitted.claims, admitted.only).connection)
    })
  }

  async #admit(
    token: string,
    pathname: string,
    socket: Duplex,
  ): Promise<MillraceError | { claims: Claims; only: WorkspaceRef | undefined }> {
    try {
      const claims = await this.#session.verifier.verify(token)
      const only = workspaceInPath(pathname)
      if (only !== undefined) grantFor(claims, only)
      const leave = this.#session.guard.enterUser(claims.subject)
      if (socket.destroyed) leave()
      else socket.once("close", leave)
      return { claims, only }
    } catch (thrown) {
      return asMillraceError(thrown, "bug")
    }
  }

  /** Browsers see nothing of a refused upgrade, so ours completes and says why. */
  #turnAway(webSocket: WebSocket, error: MillraceError): void {
    const { kind, retry, message } = error
    this.#session.log.info("socket refused", { kind })
    this.#session.metrics.refusals.add(kind)
    webSocket.on("error", () => webSocket.terminate())
    webSocket.send(encodeServerMessage({ type: "error", channel: 0, kind, retry, message }))
    webSocket.close(closeCodeOf(kind), kind)
    this.#session.clock.after(refusedGraceMs, () => webSocket.terminate())
  }

  /** Takes a place for the address until its socket is closed; false where it was turned away for want of one. */
  #enter(request: IncomingMessage, socket: Duplex, head: Buffer, ours: boolean): boolean {
    try {
      const leave = this.#session.guard.enterAddress(addressOf(request, this.#rules.trustedProxies))
      if (socket.destroyed) leave()
      else socket.once("close", leave)
      return true
    } catch (thrown) {
      if (!ours) throw thrown
      const error = asMillraceError(thrown, "bug")
      this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#turnAway(webSocket, error))
      return false
    }
  }

  #recheckOne(connection: Connection): void {
    try {
      this.#session.revocations.check(connection.claims)
    } catch (thrown) {
      connection.end(asMillraceError(thrown, "bug"))
    }
  }

  #keep(webSocket: WebSocket, connection: Connection): void {
    this.#connections.add(connection)
    webSocket.once("close", () => this.#connections.delete(connection))
    // Either may have begun while the handshake was under way.
    this.#recheckOne(connection)
    if (this.#draining) connection.dismiss(restarts(minReturnMs))
  }

  #checkRoom(): void {
    if (this.#draining || this.#connections.size >= this.#session.limits.maxConnections) {
      throw new MillraceError("The relay takes no more connections now; try again.", {
        kind: "unavailable",
        retry: { afterMs: 2000 },
      })
    }
  }
}

/** How long a peer that is turned away has to read why. */
const refusedGraceMs = 2000

function restarts(afterMs: number): MillraceError {
  return new MillraceError("The relay restarts; come back in a moment.", { kind: "unavailable", retry: { afterMs } })
}

/** `/sync/<workspace>`; undefined for `/sync`. Throws kind `not-found` for any other path. */
function workspaceInPath(pathname: string): WorkspaceRef | undefined {
  if (pathname === "/sync" || pathname === "/sync/") return undefined
  if (!pathname.startsWith("/sync/")) throw new MillraceError("There is nothing at this path.", { kind: "not-found" })
  return refIn(pathname, "/sync/")
}

function offeredProtocols(request: IncomingMessage): readonly string[] {
  return (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim())
}

function writeRefusal(socket: Duplex, answer: Answer): void {
  const lines = [`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? "Refused"}`, "connection: close"]
  for (const [name, value] of Object.entries(answer.headers)) lines.push(`${name}: ${value}`)
  socket.end(`${lines.join("\r\n")}\r\n\r\n${answer.body}`)
}
