import { randomBytes } from "node:crypto"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { signToken } from "@millrace/relay/access"
import { type RunningProcess, spawnNode } from "@millrace/testkit"
import type { PlantName } from "./planted-store.ts"

/** What outlives every relay process of a campaign: its key, and where compiled code is kept. */
export interface RelayHome {
  readonly config: string
  readonly secretFile: string
  readonly compileCache: string
  /** For a role in every workspace. */
  token(role: string): Promise<string>
}

const root = join(import.meta.dirname, "../../..")
const dayMs = 86_400_000

export function makeRelayHome(folder: string): RelayHome {
  mkdirSync(folder, { recursive: true })
  const secret = randomBytes(32).toString("hex")
  const secretFile = join(folder, "secret")
  const config = join(folder, "millrace.json")
  writeFileSync(secretFile, secret)
  writeFileSync(
    config,
    JSON.stringify({ auth: { keys: [{ id: "soak", algorithm: "HS256", secret: { file: secretFile } }] } }),
  )
  const key = { id: "soak", algorithm: "HS256", secret: new TextEncoder().encode(secret) } as const
  return {
    config,
    secretFile,
    compileCache: join(root, ".cache/compiled"),
    token: (role) => signToken({ key, subject: role, workspaces: { "*": role }, expiresAtMs: Date.now() + dayMs }),
  }
}

export interface RelayProcess {
  readonly url: string
  readonly child: RunningProcess
}

/** The relay as it is shipped, or with `plant` one that has a fault, on the data in `dataDir`; `nodeOptions` for Node.js itself. */
export async function startRelayProcess(
  home: RelayHome,
  dataDir: string,
  plant?: PlantName,
  nodeOptions?: string,
): Promise<RelayProcess> {
  const script = plant === undefined ? "apps/relay/src/main.ts" : "soak/src/relay/planted-relay.ts"
  const own = plant === undefined ? ["--listen", "127.0.0.1:0", "--config", home.config] : [plant, home.secretFile]
  const child = await spawnNode(join(root, script), {
    args: plant === undefined ? [...own, "--data", dataDir] : [...own, dataDir],
    env: { NODE_COMPILE_CACHE: home.compileCache, MILLRACE_LOG: "warn", NODE_OPTIONS: nodeOptions },
    readyLine: /listening on (\S+)/,
  })
  return { url: child.ready, child }
}
