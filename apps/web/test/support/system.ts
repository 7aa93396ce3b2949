import { execFile } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { promisify } from "node:util"
import { openWorkspace, type Workspace } from "@millrace/client/node"
import { freePort, type RunningProcess, spawnNode, waitFor } from "@millrace/testkit"
import { platformSchema, type PlatformSchema } from "@millrace/workspace"

const repository = resolve(import.meta.dirname, "../../../..")
const millrace = join(repository, "apps/millrace/src/main.ts")

export const dist: string = join(repository, "apps/web/dist")

/** Builds the page from the sources as they are, unless that was done already. */
export async function buildPage(): Promise<void> {
  const tool: string = join(repository, "tools/build-web.mjs")
  const build = (await import(tool)) as { ensureWebBuilt(say: (line: string) => void): Promise<void> }
  await build.ensureWebBuilt(() => {})
}

export interface System {
  /** Origin of page, API and sync, without a slash at its end. */
  readonly url: string
  /** Ends page, relay and projector; `restart` brings them back on the same port and data. */
  stop(): Promise<void>
  restart(): Promise<void>
  token(workspace: string, role: string, ...more: readonly string[]): Promise<string>
}

export interface SystemOptions {
  readonly dir: string
  /** Deliver to files, as an unconfigured start does; `dead`: to an agent that is not there; false: to nothing. Default true. */
  readonly targets?: boolean | "dead"
}

/** The whole system as processes of their own: page, relay, projector. Configured, hence without development tokens. */
export async function startSystem({ dir, targets = true }: SystemOptions): Promise<System> {
  await buildPage()
  const config = join(dir, "millrace.json")
  const data = join(dir, "data")
  writeFileSync(config, JSON.stringify({ dataDir: data, ...configOf(targets, dir) }))
  const port = await freePort()
  const shared = ["--config", config, "--data", data]
  let running: RunningProcess | undefined

  const restart = async (): Promise<void> => {
    running = await spawnNode(millrace, {
      args: ["start", "--no-open", "--port", String(port), ...shared],
      readyLine: /^ready: (\S+)$/,
      readyDeadlineMs: 60_000,
    })
  }
  await restart()
  return {
    url: `http://127.0.0.1:${port}`,
    restart,
    stop: async () => running?.killGroup(),
    token: async (workspace, role, ...more) => {
      const command = ["--conditions=source", millrace, "token", "--workspace", workspace, "--role", role]
      const { stdout } = await promisify(execFile)(process.execPath, [...command, ...shared, ...more])
      return stdout.trim()
    },
  }
}

function configOf(targets: boolean | "dead", dir: string): object {
  if (targets !== "dead") return targets ? toFiles(dir) : {}
  return {
    targets: { agent: { kind: "flume", url: "http://127.0.0.1:9" } },
    bindings: [{ name: "events", target: "agent", collections: ["datasets", "columns"] }],
  }
}

function toFiles(dir: string): object {
  return {
    targets: { files: { kind: "files", dir: join(dir, "files") } },
    bindings: [{ name: "catalogue", target: "files", collections: ["datasets", "columns"] }],
  }
}

/** Another participant of the workspace, without a browser. */
export async function joinWorkspace(system: System, name = "catalog"): Promise<Workspace<PlatformSchema>> {
  const workspace = openWorkspace({
    name,
    schema: platformSchema,
    url: system.url,
    token: await system.token(name, "write"),
    indexedDB: null,
  })
  await workspace.ready
  await waitFor(() => workspace.status.caughtUp, { what: "the participant to catch up", deadlineMs: 30_000 })
  return workspace
}

/** Three datasets with columns, on the relay's disk when it resolves. */
export async function seedSmall(workspace: Workspace<PlatformSchema>): Promise<void> {
  const write = workspace.transact(() => {
    for (const name of ["orders", "refunds", "visits"]) {
      const id = `shop.${name}`
      workspace.collection("datasets").put(id, { database: "shop", name, external: false, comment: `All ${name}` })
      for (const [position, column] of ["id", "day"].entries()) {
        workspace
          .collection("columns")
          .put(`${id}/column/${position}`, { dataset: id, role: "column", position, name: column, type: "bigint" })
      }
    }
  })
  await write.durable
}
