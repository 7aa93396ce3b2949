import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import type { Duplex } from "node:stream"
import { asMillraceError, messageOf, MillraceError } from "@millrace/ports"
import { answerApi } from "./api.ts"
import { answerDevToken, type DevToken } from "./dev-token.ts"
import { answerError } from "./json-answer.ts"
import { servePage } from "./page.ts"
import { passToRelay } from "./relay-pass.ts"

export interface FrontOptions {
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  /** Folder of the built page. */
  readonly pageDir: string
  /** Where the relay listens now; undefined while it is down. Asked anew for every request. */
  readonly relayOrigin: () => string | undefined
  /** The same for the projector. */
  readonly projectorOrigin: () => string | undefined
  /** Undefined where no development token is given: then the path does not exist. */
  readonly devToken: DevToken | undefined
  readonly fetch: typeof globalThis.fetch
}

export interface Front {
  readonly origin: string
  readonly port: number
  /** Ends every connection. Idempotent. */
  close(): Promise<void>
}

/**
 * The one origin of page, API and sync: serves the page and the API itself and hands `/sync` to the relay process, so
 * that the page stays up while the relay is down.
 *
 * Rejects with kind `unavailable` when the port is taken or the address is not of this machine.
 */
export async function startFront(options: FrontOptions): Promise<Front> {
  const page = servePage(options.pageDir)
  const server = createServer((request, response) => void answer(request, response))
  const passed = new Set<Duplex>()
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    passed.add(socket)
    socket.once("close", () => passed.delete(socket))
    passToRelay(request, socket, head, options.relayOrigin())
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", "http://front")
    try {
      if (pathname === "/livez" || pathname === "/readyz") {
        return void response.writeHead(200, { "content-type": "text/plain" }).end("ok\n")
      }
      if (pathname === "/dev/token" && options.devToken !== undefined) {
        return await answerDevToken(request, response, options.devToken)
      }
      if (pathname.startsWith("/api/")) return await answerApi(request, response, options)
      if (/^\/(dev|sync)(\/|$)/.test(pathname)) {
        throw new MillraceError(`There is nothing to read at ${pathname}.`, { kind: "not-found" })
      }
      page(request, response)
    } catch (thrown) {
      answerError(response, asMillraceError(thrown, "bug"))
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(listenError(options, cause)))
    server.listen(options.port, options.host, resolve)
  })
  const { port } = server.address() as AddressInfo
  const host = options.host.includes(":") ? `[${options.host}]` : options.host
  return {
    origin: `http://${host}:${port}`,
    port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of passed) socket.destroy()
      server.closeAllConnections()
      await closed
    },
  }
}

function listenError(options: FrontOptions, cause: unknown): MillraceError {
  const taken = typeof cause === "object" && cause !== null && "code" in cause && cause.code === "EADDRINUSE"
  const message = taken
    ? `Port ${options.port} of ${options.host} is taken: stop what uses it, or choose another with --port.`
    : `Cannot listen on ${options.host}:${options.port}: ${messageOf(cause)}.`
  return new MillraceError(message, { kind: "unavailable", cause })
}
