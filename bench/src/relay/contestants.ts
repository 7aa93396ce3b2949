import { join } from "node:path"
import { systemClock, systemRandom } from "@millrace/ports"
import { createVerifier, openKeyFile, signToken } from "@millrace/relay/access"
import { freePort, type RunningProcess, spawnProcess } from "@millrace/testkit"
import type { WireTarget } from "./wire/wire-client.ts"

/**
 * Whom a scenario is run with: our relay with a writer on millrace.v1, so that acks are on, and everybody else on the stock
 * protocol; our relay with all on millrace.v1; and the peers.
 */
export const contestants = ["millrace", "millrace-own", "y-websocket", "hocuspocus"] as const
export type Contestant = (typeof contestants)[number]

export interface RunningServer {
  readonly process: RunningProcess
  /** For writers whose acknowledgements are measured. */
  readonly writers: WireTarget
  readonly others: WireTarget
  stop(): Promise<void>
}

const root = join(import.meta.dirname, "../../..")
const peers = join(root, "bench/peers")
const tokenLifeMs = 86_400_000

/**
 * Starts one server in a process of its own. The relay keeps its log below `folder`, on disk; both peers keep what they have
 * in memory alone, which is the best that their latency can be.
 */
export function startContestant(
  name: Contestant,
  folder: string,
  nodeFlags: readonly string[],
): Promise<RunningServer> {
  switch (name) {
    case "millrace":
    case "millrace-own":
      return startMillrace(name, folder, nodeFlags)
    case "y-websocket":
      return startPeer("plain", join(peers, "node_modules/y-websocket/bin/server.cjs"), nodeFlags)
    case "hocuspocus":
      return startPeer("hocuspocus", join(peers, "hocuspocus.mjs"), nodeFlags)
  }
}

async function startMillrace(
  name: "millrace" | "millrace-own",
  folder: string,
  nodeFlags: readonly string[],
): Promise<RunningServer> {
  const main = join(root, "apps/relay/src/main.ts")
  const args = ["--conditions=source", main, "--listen", "127.0.0.1:0", "--data", folder]
  const process = await spawnServer(nodeFlags, args, {}, /^relay listening on http(:\S+)$/)
  const key = await openKeyFile(join(folder, "auth.key"), systemRandom)
  const expiresAtMs = systemClock.nowMs() + tokenLifeMs
  const token = await signToken({ key, subject: "bench", workspaces: { "*": "write" }, expiresAtMs })
  await createVerifier([key], systemClock).verify(token)
  const base = `ws${process.ready}/sync`
  const own: WireTarget = { kind: "millrace", base, token }
  const stock: WireTarget = { kind: "plain", base, token }
  return { process, writers: own, others: name === "millrace" ? stock : own, stop: () => process.killGroup() }
}

async function startPeer(
  kind: "plain" | "hocuspocus",
  script: string,
  nodeFlags: readonly string[],
): Promise<RunningServer> {
  const port = await freePort()
  const env = { HOST: "127.0.0.1", PORT: String(port) }
  const process = await spawnServer(nodeFlags, [script], env, /^running\b.*$/)
  const target: WireTarget = { kind, base: `ws://127.0.0.1:${port}` }
  return { process, writers: target, others: target, stop: () => process.killGroup() }
}

function spawnServer(
  nodeFlags: readonly string[],
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  readyLine: RegExp,
): Promise<RunningProcess> {
  const hook = join(import.meta.dirname, "gc-on-signal.ts")
  return spawnProcess({
    file: process.execPath,
    args: ["--expose-gc", "--import", hook, ...nodeFlags, ...args],
    env,
    readyLine,
  })
}
