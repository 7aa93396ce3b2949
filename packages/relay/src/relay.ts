import { createServer } from "node:http"
import { type Clock, type Log, MillraceError, messageOf, silentLog, sleep, systemClock } from "@millrace/ports"
import type { Store } from "@millrace/store"
import type { Verifier } from "./access/token.ts"
import { writeAnswer } from "./http/answer.ts"
import { answerRequest } from "./http/routes.ts"
import { defaultLimits, type Limits } from "./limits.ts"
import { Rooms } from "./room/rooms.ts"
import type { Session } from "./socket/session.ts"
import { Upgrader } from "./socket/upgrade.ts"

export interface RelayOptions {
  /** Stays the caller's: `close` of the relay does not close it. */
  readonly store: Store
  readonly verifier: Verifier
  /** Port 0 takes any free one. */
  readonly listen: { readonly host: string; readonly port: number }
  readonly clock?: Clock
  readonly log?: Log
  /** Whatever is left out is as in `defaultLimits`. */
  readonly limits?: Partial<Limits>
}

export interface Relay {
  readonly host: string
  readonly port: number
  /** Stops accepting, makes durable what was taken, closes sockets with 1012. Idempotent. */
  close(): Promise<void>
}

/** How long sockets have to say goodbye when the relay closes. */
const drainMs = 1000

/** Resolves once the relay accepts connections; rejects with kind `unavailable` where it cannot listen. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const clock = options.clock ?? systemClock
  const log = options.log ?? silentLog
  const limits = { ...defaultLimits, ...options.limits }
  const { store, verifier } = options
  const session: Session = { store, clock, log, limits, rooms: new Rooms({ store, clock, log, limits }) }
  const upgrader = new Upgrader(session, verifier)
  let closing: Promise<void> | undefined

  const server = createServer((request, response) => {
    void answerRequest(session, verifier, () => closing === undefined, request).then((answer) =>
      writeAnswer(response, answer),
    )
  })
  server.on("upgrade", (request, socket, head) => void upgrader.upgrade(request, socket, head))

  const { host } = options.listen
  const port = await new Promise<number>((resolve, reject) => {
    server.once("error", (cause) => reject(cannotListen(options.listen, cause)))
    server.listen(options.listen.port, host, () => {
      const address = server.address()
      resolve(typeof address === "object" && address !== null ? address.port : options.listen.port)
    })
  })

  const closeAll = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    await session.rooms.flush()
    upgrader.drain()
    await session.rooms.flush()
    await Promise.race([closed, sleep(clock, drainMs)])
    upgrader.terminate()
    server.closeAllConnections()
    await closed
  }
  return { host, port, close: () => (closing ??= closeAll()) }
}

function cannotListen({ host, port }: RelayOptions["listen"], cause: unknown): MillraceError {
  const taken = cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE"
  const why = taken ? "the port is taken: choose another or stop what uses it" : messageOf(cause)
  return new MillraceError(`The relay cannot listen on ${host}:${port} (${why}).`, { kind: "unavailable", cause })
}
