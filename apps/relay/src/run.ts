import { join } from "node:path"
import { loadConfig, readSecret } from "@millrace/config"
import { type Log, systemClock, systemRandom } from "@millrace/ports"
import { type Relay, startRelay } from "@millrace/relay"
import { createVerifier, openKeys } from "@millrace/relay/access"
import type { Store } from "@millrace/store"
import { openLmdbStore } from "@millrace/store/lmdb"
import type { Settings } from "./settings.ts"

export interface RunningRelay {
  /** Where it listens. */
  readonly origin: string
  /** Stops accepting, makes durable what was taken, says goodbye. Idempotent. */
  stop(): Promise<void>
}

/** Starts the relay on its embedded store. What was opened is closed again where a later step fails. */
export async function runRelay(
  settings: Settings,
  environment: Readonly<Record<string, string | undefined>>,
  log: Log,
): Promise<RunningRelay> {
  const config = settings.config === undefined ? undefined : await loadConfig(settings.config)
  const keySettings = config?.auth?.keys.map(({ id, algorithm, secret }) => ({
    id,
    algorithm,
    readSecret: () => readSecret(secret, environment),
  }))
  const store = await openLmdbStore({ folder: join(settings.data, "relay") })
  try {
    const keys = await openKeys(keySettings, settings.data, systemRandom)
    const verifier = createVerifier(keys, systemClock)
    return running(await startRelay({ store, verifier, listen: settings.listen, clock: systemClock, log }), store)
  } catch (thrown) {
    await store.close()
    throw thrown
  }
}

function running(relay: Relay, store: Store): RunningRelay {
  const host = relay.host.includes(":") ? `[${relay.host}]` : relay.host
  return {
    origin: `http://${host}:${relay.port}`,
    stop: async () => {
      await relay.close()
      await store.close()
    },
  }
}
