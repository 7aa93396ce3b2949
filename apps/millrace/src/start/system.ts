import type { LoadedConfig } from "@millrace/config"
import { messageOf, MillraceError } from "@millrace/ports"
import { signToken } from "@millrace/relay/access"
import { lockFolder } from "@millrace/store/lmdb"
import type { DevToken } from "../front/dev-token.ts"
import { type Front, startFront } from "../front/front.ts"
import type { Io } from "../io.ts"
import { Child } from "./child.ts"
import { openDataDir } from "./data-dir.ts"
import { signingKey } from "./keys.ts"
import { seedSample } from "./sample.ts"
import { builtPageDir, siblingApp } from "./sibling-app.ts"

export interface SystemOptions {
  readonly io: Io
  readonly config: LoadedConfig | undefined
  readonly dataDir: string
  readonly host: string
  readonly port: number
  readonly restartAfterMs: number
}

export interface System {
  readonly origin: string
  /** Page and API first, then the projector, then the relay. Idempotent. */
  stop(): Promise<void>
}

const devTokenLifeMs = 12 * 3_600_000
const loopback = new Set(["127.0.0.1", "localhost", "::1"])

/**
 * Starts relay, page, and projector, in the order in which they need each other, and without a configuration the
 * sample catalogue where the log is still empty. What was started is stopped again when a later part fails.
 */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { io, config, host } = options
  if (config === undefined && !loopback.has(host)) {
    throw new MillraceError("Without --config only 127.0.0.1 can be listened on.", { kind: "usage" })
  }
  const dataDir = await openDataDir(options.dataDir)
  const lock = await lockFolder(dataDir, "millrace")
  const key = await signingKey(dataDir, config?.auth, io)
  const devToken: DevToken = async () => {
    const issuedAtMs = io.clock.nowMs()
    const expiresAtMs = issuedAtMs + devTokenLifeMs
    return {
      token: await signToken({ key, subject: "developer", workspaces: { "*": "write" }, expiresAtMs, issuedAtMs }),
      expiresAtMs,
    }
  }
  const shared = [
    "--data",
    dataDir,
    "--listen",
    "127.0.0.1:0",
    ...(config === undefined ? [] : ["--config", config.file]),
  ]
  const common = { clock: io.clock, restartAfterMs: options.restartAfterMs, say: io.err }
  const relay = new Child({
    ...common,
    name: "relay",
    file: siblingApp("relay"),
    args: () => [...shared, "--with-parent"],
    readyLine: /^relay listening on (\S+)$/,
  })
  let front: Front | undefined
  const projector = new Child({
    ...common,
    name: "projector",
    file: siblingApp("projector"),
    // By way of the front, whose address stays when the relay is started again elsewhere.
    args: () => [...shared, "--with-parent", "--relay", front?.origin ?? ""],
    readyLine: /^projector ready on (\S+)$/,
  })
  const stop = async (): Promise<void> => {
    await front?.close()
    await projector.stop()
    await relay.stop()
    await lock.release()
  }
  try {
    front = await startFront({
      host,
      port: options.port,
      pageDir: builtPageDir(),
      relayOrigin: () => relay.origin,
      projectorOrigin: () => projector.origin,
      devToken: config === undefined ? devToken : undefined,
      fetch: io.fetch,
    })
    await relay.start()
    await projector.start()
    if (config === undefined) await seedSample(front.origin, devToken, io)
  } catch (thrown) {
    await stop().catch((error: unknown) => io.err(`while stopping: ${messageOf(error)}\n`))
    throw thrown
  }
  return { origin: front.origin, stop }
}
