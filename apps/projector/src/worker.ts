import { join, resolve } from "node:path"
import { type BindingConfig, loadConfig, readSecret, type ScheduleConfig } from "@millrace/config"
import { type Clock, type Log, MillraceError, type Random } from "@millrace/ports"
import { openProjector, relayAt, startWorkerServer, View } from "@millrace/projector"
import { openAccess, signToken, type TokenKey, urlReader } from "@millrace/relay/access"
import { openLmdbStore } from "@millrace/store/lmdb"
import { platformSchema } from "@millrace/workspace"
import { callerOf } from "./caller-of.ts"
import { openTelemetry } from "@millrace/telemetry"
import type { Settings } from "./settings.ts"
import { openOutlets } from "./targets.ts"

export interface WorkerPorts {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly environment: Readonly<Record<string, string | undefined>>
  /** For key sets behind a URL. */
  readonly fetch: typeof globalThis.fetch
  /** Another projector took over the journal. */
  readonly onFenced: (error: MillraceError) => void
}

export interface Worker {
  readonly url: string
  /** Ends in the order of the way that changes take. Idempotent. */
  close(): Promise<void>
}

const tokenLifeMs = 300_000

/** Starts the worker of one data folder; what was opened is closed again when a later part fails. */
export async function startWorker(settings: Settings, ports: WorkerPorts): Promise<Worker> {
  const { clock, random, log, environment } = ports
  const undo: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (let last = undo.pop(); last !== undefined; last = undo.pop()) await last()
  }
  try {
    const config = settings.configFile === undefined ? undefined : await loadConfig(settings.configFile)
    const dataDir = resolve(settings.dataDir ?? config?.dataDir ?? ".millrace")
    const { verifier, signingKey } = await openAccess({
      auth: config?.auth,
      dataDir,
      readSecret: (place) => readSecret(place, environment),
      readUrl: urlReader({ fetch: ports.fetch }),
      clock,
      random,
      log,
    })
    if (signingKey === undefined) {
      throw new MillraceError(
        "The projector has no key to sign its own tokens with: add one of HS256 to auth.keys, which the relay takes too.",
        { kind: "usage" },
      )
    }
    const telemetry = await openTelemetry({ service: "millrace-projector", environment, log, clock })
    undo.push(() => telemetry.close())
    const { targets, bindings } = openOutlets(config, dataDir, clock, environment)
    for (const target of targets) undo.push(() => target.close())
    const store = await openLmdbStore({ folder: join(dataDir, "projector") })
    undo.push(() => store.close())
    const view = View.open(join(dataDir, "projector", "view"))
    undo.push(() => view.close())
    const token = (): Promise<string> => ownToken(signingKey, clock)
    const projector = await openProjector({
      store,
      view,
      relay: relayAt({ url: settings.relay, token, clock, random, log }),
      schema: platformSchema,
      targets,
      bindings,
      observe: schedulesOf(config?.bindings ?? []),
      clock,
      random,
      log,
      spans: telemetry.spans,
      onFenced: ports.onFenced,
    })
    undo.push(() => projector.close())
    const server = await startWorkerServer({
      projector,
      host: settings.host,
      port: settings.port,
      authenticate: async (given) => callerOf(await verifier.verify(given)),
      log,
    })
    undo.push(() => server.close())
    return { url: server.url, close }
  } catch (thrown) {
    await close()
    throw thrown
  }
}

function schedulesOf(bindings: readonly BindingConfig[]): Readonly<Record<string, ScheduleConfig>> {
  return Object.fromEntries(
    bindings.flatMap(({ name, observe }) => (observe === undefined ? [] : [[name, observe] as const])),
  )
}

/** A fresh token for each connection: whoever steals one has five minutes. */
function ownToken(key: TokenKey, clock: Clock): Promise<string> {
  return signToken({
    key,
    subject: "projector",
    workspaces: { "*": "projector" },
    issuedAtMs: clock.nowMs(),
    expiresAtMs: clock.nowMs() + tokenLifeMs,
  })
}
