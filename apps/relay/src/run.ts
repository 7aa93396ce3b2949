import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { loadConfig, readSecret } from "@millrace/config"
import { type Log, messageOf, MillraceError, systemClock, systemRandom } from "@millrace/ports"
import { type ReadTls, type Relay, startRelay } from "@millrace/relay"
import { openAccess, urlReader } from "@millrace/relay/access"
import type { Store } from "@millrace/store"
import { type FolderLock, lockFolder, makeFolder, openLmdbStore } from "@millrace/store/lmdb"
import { openTelemetry } from "@millrace/telemetry"
import type { Settings } from "./settings.ts"

export interface RunningRelay {
  /** Where it listens. */
  readonly origin: string
  /** Reads certificate and key again; rejects, and goes on with the old ones, where they are no good. */
  reload(): Promise<void>
  /** Stops accepting, makes durable what was taken, says goodbye. Idempotent. */
  stop(): Promise<void>
}

export interface RunPorts {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly fetch: typeof globalThis.fetch
  readonly log: Log
}

/** Starts the relay on its embedded store. What was opened is closed again where a later step fails. */
export async function runRelay(settings: Settings, { environment, fetch, log }: RunPorts): Promise<RunningRelay> {
  const config = settings.config === undefined ? undefined : await loadConfig(settings.config)
  const telemetry = await openTelemetry({ service: "millrace-relay", environment, log, clock: systemClock })
  const { lock, store } = await openStore(join(settings.data, "relay"))
  try {
    const { verifier } = await openAccess({
      auth: config?.auth,
      dataDir: settings.data,
      readSecret: (place) => readSecret(place, environment),
      readUrl: urlReader({ fetch }),
      clock: systemClock,
      random: systemRandom,
      log,
    })
    const tls = tlsOf(settings)
    const maxTokenLifeMs = config?.auth?.maxTokenLifeMs
    const relay = await startRelay({
      store,
      verifier,
      listen: settings.listen,
      origins: settings.origin ?? config?.origins ?? [],
      trustedProxies: settings.trustedProxies,
      limits: settings.limits,
      compaction: settings.compaction,
      clock: systemClock,
      random: systemRandom,
      log,
      spans: telemetry.spans,
      ...(maxTokenLifeMs === undefined ? {} : { maxTokenLifeMs }),
      ...(tls === undefined ? {} : { tls }),
    })
    const below = [store, { close: () => lock.release() }, telemetry]
    return running(relay, below, tls === undefined ? "http" : "https")
  } catch (thrown) {
    await store.close()
    await lock.release()
    throw thrown
  }
}

interface Opened {
  readonly lock: FolderLock
  readonly store: Store
}

/** Two relays on one folder would each serve what the other does not know. */
async function openStore(folder: string): Promise<Opened> {
  try {
    makeFolder(folder)
  } catch {
    // The store says what is wrong with it.
    await openLmdbStore({ folder })
  }
  const lock = await lockFolder(folder, "relay")
  try {
    return { lock, store: await openLmdbStore({ folder }) }
  } catch (thrown) {
    await lock.release()
    throw thrown
  }
}

function tlsOf({ tlsCert, tlsKey }: Settings): ReadTls | undefined {
  if (tlsCert === undefined || tlsKey === undefined) return undefined
  return async () => ({ cert: await readPem(tlsCert), key: await readPem(tlsKey) })
}

async function readPem(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (cause) {
    throw new MillraceError(`The file ${file} of the certificate or its key cannot be read: ${messageOf(cause)}.`, {
      kind: "usage",
      cause,
    })
  }
}

interface Closable {
  close(): Promise<void>
}

function running(relay: Relay, below: readonly Closable[], scheme: string): RunningRelay {
  const host = relay.host.includes(":") ? `[${relay.host}]` : relay.host
  return {
    origin: `${scheme}://${host}:${relay.port}`,
    reload: () => relay.reloadTls(),
    stop: async () => {
      await relay.close()
      for (const each of below) await each.close()
    },
  }
}
