import { createServer, type Server } from "node:http"
import { createServer as createTlsServer, type Server as TlsServer } from "node:https"
import {
  type Clock,
  type Log,
  messageOf,
  MillraceError,
  type Random,
  silentLog,
  sleep,
  systemClock,
  systemRandom,
  noSpans,
  type Spans,
} from "@millrace/ports"
import type { WorkspaceRef } from "@millrace/protocol"
import type { Store } from "@millrace/store"
import { Revocations } from "./access/revocations.ts"
import { defaultMaxTokenLifeMs, type Verifier } from "./access/token.ts"
import { Catalogue } from "./catalogue/catalogue.ts"
import { type CompactionOutcome, Compactor } from "./compact/compactor.ts"
import { Quarantine, type Quarantined } from "./compact/quarantine.ts"
import { type CompactionSettings, defaultCompaction } from "./compact/settings.ts"
import { Guard } from "./guard/guard.ts"
import type { Origins } from "./guard/origin.ts"
import { answerRequest } from "./http/answer-request.ts"
import { writeAnswer } from "./http/answer.ts"
import { defaultLimits, type Limits } from "./limits.ts"
import { Metrics } from "./metrics/metrics.ts"
import { Rooms } from "./room/rooms.ts"
import { streamOf } from "./room/stream-name.ts"
import { Followers } from "./socket/followers.ts"
import { defaultOutlet, Outlet } from "./socket/outlet.ts"
import type { Session } from "./socket/session.ts"
import { Upgrader } from "./socket/upgrade.ts"
import type { ReadTls } from "./tls.ts"

export interface RelayOptions {
  /** Stays the caller's: `close` of the relay does not close it. */
  readonly store: Store
  readonly verifier: Verifier
  /** Port 0 takes any free one. */
  readonly listen: { readonly host: string; readonly port: number }
  /** Origins from which browsers may connect; without any, that of the relay's own host. */
  readonly origins?: Origins
  /** Proxies in front whose `X-Forwarded-For` is believed; 0 unless given. */
  readonly trustedProxies?: number
  /** Longest life of a token that `verifier` takes; revocations are kept for so long. */
  readonly maxTokenLifeMs?: number
  /** With it the relay speaks TLS alone. */
  readonly tls?: ReadTls
  readonly clock?: Clock
  readonly random?: Random
  readonly log?: Log
  /** Where steps of edits are told; nowhere unless given. */
  readonly spans?: Spans
  /** Whatever is left out is as in `defaultLimits`. */
  readonly limits?: Partial<Limits>
  /** Whatever is left out is as in `defaultCompaction`. */
  readonly compaction?: Partial<CompactionSettings>
}

export interface Relay {
  readonly host: string
  readonly port: number
  /** Reads certificate and key anew for connections to come; rejects, and goes on with the old ones, where they are no good. */
  reloadTls(): Promise<void>
  /** Logs that do not compact and are served as they are. */
  quarantined(): readonly Quarantined[]
  /** Compacts a workspace's log now, quarantined or not. */
  compact(ref: WorkspaceRef): Promise<CompactionOutcome>
  /**
   * Stops accepting, makes durable what was taken and acknowledges it, tells each socket when to come back and closes it
   * with 1012. Idempotent.
   */
  close(): Promise<void>
}

/** How long sockets have to say goodbye when the relay closes. */
const drainMs = 1000

/**
 * Resolves once the relay accepts connections; rejects with kind `unavailable` where it cannot listen, `corrupt` where what it
 * knows of workspaces or revocations does not decode, `usage` where its certificate is no good.
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const limits = { ...defaultLimits, ...options.limits }
  const session = await openSession(options, limits)
  const { clock } = session
  const { origins = [], trustedProxies = 0 } = options
  const upgrader = new Upgrader(session, { origins, trustedProxies })
  session.revocations.onRevoked(() => upgrader.recheck())
  let closing: Promise<void> | undefined

  const process = { ready: () => closing === undefined, connections: () => upgrader.count, trustedProxies }
  const server = await createServerFor(options.tls)
  server.on("request", (request, response) => {
    void answerRequest(session, process, request).then((answer) => writeAnswer(response, answer))
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
    upgrader.stopTaking()
    await session.rooms.flush()
    upgrader.dismiss()
    await Promise.race([closed, sleep(clock, drainMs)])
    upgrader.terminate()
    server.closeAllConnections()
    await closed
    session.outlet.close()
    await session.compactor.close()
    session.metrics.close()
  }
  return {
    host,
    port,
    reloadTls: async () => {
      if (options.tls !== undefined && "setSecureContext" in server) setTls(server, await options.tls())
    },
    quarantined: () => session.compactor.quarantined(),
    compact: (ref) => session.compactor.compact(streamOf(ref)),
    close: () => (closing ??= closeAll()),
  }
}

async function openSession(options: RelayOptions, limits: Limits): Promise<Session> {
  const { store, clock = systemClock, random = systemRandom, log = silentLog, spans = noSpans } = options
  const { maxTokenLifeMs = defaultMaxTokenLifeMs } = options
  const { maxRevocations } = limits
  const revocations = await Revocations.open({ store, clock, maxTokenLifeMs, maxRevocations })
  const catalogue = await Catalogue.open(store, clock)
  const metrics = new Metrics()
  const quarantine = await Quarantine.open(store, clock)
  const settings = { ...defaultCompaction, ...options.compaction }
  const compactor = new Compactor({ store, clock, log, metrics, quarantine, settings })
  const outlet = new Outlet(clock, defaultOutlet)
  const verifier: Verifier = {
    async verify(token) {
      const claims = await options.verifier.verify(token)
      revocations.check(claims)
      return claims
    },
  }
  return {
    store,
    rooms: new Rooms({ store, clock, log, limits, metrics, spans, compactor, isBusy: () => outlet.busy }),
    outlet,
    compactor,
    followers: new Followers(),
    catalogue,
    revocations,
    verifier,
    guard: new Guard(clock, limits),
    metrics,
    clock,
    random,
    log,
    limits,
  }
}

async function createServerFor(readTls: ReadTls | undefined): Promise<Server | TlsServer> {
  if (readTls === undefined) return createServer()
  const server = createTlsServer({ minVersion: "TLSv1.2" })
  setTls(server, await readTls())
  return server
}

function setTls(server: TlsServer, { cert, key }: Awaited<ReturnType<ReadTls>>): void {
  try {
    server.setSecureContext({ cert, key, minVersion: "TLSv1.2" })
  } catch (cause) {
    throw new MillraceError(`The certificate and key cannot be used (${messageOf(cause)}); give a matching PEM pair.`, {
      kind: "usage",
      cause,
    })
  }
}

function cannotListen({ host, port }: RelayOptions["listen"], cause: unknown): MillraceError {
  const taken = cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE"
  const why = taken ? "the port is taken: choose another or stop what uses it" : messageOf(cause)
  return new MillraceError(`The relay cannot listen on ${host}:${port} (${why}).`, { kind: "unavailable", cause })
}
