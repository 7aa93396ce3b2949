import { writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { atEndOfTests, freePort, type RunningProcess, spawnNode } from "@millrace/testkit"
import type { ConfigInput } from "@millrace/config"
import { type Front, startFront } from "../../src/front/front.ts"
import { builtPageDir } from "../../src/start/sibling-app.ts"
import { cli } from "./cli.ts"

const repository = resolve(import.meta.dirname, "../../../..")
const relayFile = join(repository, "apps/relay/src/main.ts")
const projectorFile = join(repository, "apps/projector/src/main.ts")

export interface Parts {
  readonly configFile: string
  /** Origin of page, API and sync. */
  readonly url: string
  startRelay(): Promise<RunningProcess>
  startProjector(): Promise<RunningProcess>
  /** Takes page, API and sync away; `openFront` brings them back at the same port. */
  closeFront(): Promise<void>
  openFront(): Promise<void>
  token(workspace: string, role: string, ...more: readonly string[]): Promise<string>
}

/**
 * The system in parts: relay and projector as processes of their own, to be killed and started again at will, and the
 * front in this process. Everything is configured by the file that a person would write.
 */
export async function startParts(
  dir: string,
  settings: Pick<ConfigInput, "targets" | "bindings">,
  env: Readonly<Record<string, string>> = {},
): Promise<Parts> {
  const configFile = join(dir, "millrace.json")
  writeFileSync(configFile, JSON.stringify({ dataDir: "data", ...settings }))
  const relayPort = await freePort()
  const frontPort = await freePort()
  let projector: RunningProcess | undefined
  let front: Front | undefined
  const shared = ["--config", configFile, "--data", join(dir, "data")]

  async function openFront(): Promise<void> {
    front = await startFront({
      host: "127.0.0.1",
      port: frontPort,
      pageDir: builtPageDir(),
      relayOrigin: () => `http://127.0.0.1:${relayPort}`,
      projectorOrigin: () => projector?.ready,
      devToken: undefined,
      fetch: globalThis.fetch,
    })
  }
  await openFront()
  atEndOfTests(() => front?.close() ?? Promise.resolve())
  const url = `http://127.0.0.1:${frontPort}`
  return {
    configFile,
    url,
    openFront,
    closeFront: async () => {
      await front?.close()
      front = undefined
    },
    startRelay: () =>
      spawnNode(relayFile, {
        args: [...shared, "--listen", `127.0.0.1:${relayPort}`],
        env,
        readyLine: /^relay listening on (\S+)$/,
      }),
    startProjector: async () => {
      projector = await spawnNode(projectorFile, {
        args: [...shared, "--listen", "127.0.0.1:0", "--relay", url],
        env,
        readyLine: /^projector ready on (\S+)$/,
      })
      return projector
    },
    token: async (workspace, role, ...more) => {
      const made = await cli("token", "--workspace", workspace, "--role", role, ...shared, ...more)
      return made.out.trim()
    },
  }
}
