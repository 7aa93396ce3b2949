import "fake-indexeddb/auto"
import { systemClock } from "@millrace/ports"
import { type Limits, type Relay, startRelay } from "@millrace/relay"
import { createVerifier, signToken, type TokenKey } from "@millrace/relay/access"
import type { Store } from "@millrace/store"
import { openLmdbStore } from "@millrace/store/lmdb"
import { atEndOfTests, tempDir, waitFor } from "@millrace/testkit"
import { defineSchema, value } from "@millrace/model"
import { IDBFactory } from "fake-indexeddb"
import { openWorkspace, type Workspace } from "../src/node/index.ts"
import { nodePorts } from "../src/node/ports.ts"
import type { WorkspaceOptions } from "../src/options.ts"
import { LocalWorkspace } from "../src/workspace/local-workspace.ts"
import type { SimTab } from "./tab-world.ts"

const text = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (given: unknown) =>
      typeof given === "string" ? { value: given } : { issues: [{ message: "must be a text" }] },
    types: undefined as unknown as { input: string; output: string },
  },
} as const

export const schema = defineSchema({
  version: 1,
  collections: {
    datasets: { fields: { name: value(text), comment: value(text, { optional: true }) } },
    columns: { fields: { name: value(text) } },
  },
})

export type TestWorkspace = Workspace<typeof schema>

const key: TokenKey = { id: "test", algorithm: "HS256", secret: new TextEncoder().encode("0".repeat(32)) }

export function token(role: string, expiresInMs = 3_600_000, subject = `a ${role}`): Promise<string> {
  return signToken({ key, subject, workspaces: { "*": role }, expiresAtMs: Date.now() + expiresInMs })
}

/** A relay in this process that can go and come back at the same address with the same log. */
export interface Stage {
  readonly url: string
  readonly port: number
  readonly store: Store
  up(): Promise<void>
  down(): Promise<void>
  open(options?: OpenOptions): TestWorkspace
}

export interface OpenOptions {
  readonly name?: string
  readonly browser?: IDBFactory
  readonly role?: string
  readonly token?: () => Promise<string> | string
  readonly generation?: number
  readonly mirror?: boolean
  /** The tab that it is opened in. */
  readonly tab?: SimTab
  /** Another way to the relay. */
  readonly url?: string
}

export async function startStage(limits: Partial<Limits> = {}): Promise<Stage> {
  const store = await openLmdbStore({ folder: tempDir("client") })
  const verifier = createVerifier([key], systemClock)
  let relay: Relay | undefined
  let port = 0
  const up = async (): Promise<void> => {
    relay = await startRelay({ store, verifier, listen: { host: "127.0.0.1", port }, limits })
    port = relay.port
  }
  const down = async (): Promise<void> => {
    await relay?.close()
    relay = undefined
  }
  atEndOfTests(async () => {
    await down()
    await store.close()
  })
  await up()
  const url = `http://127.0.0.1:${port}`
  const open = (options: OpenOptions = {}): TestWorkspace => {
    const { tab } = options
    const given: WorkspaceOptions<typeof schema> = {
      name: options.name ?? "w",
      schema,
      url: options.url ?? url,
      token: options.token ?? (() => token(options.role ?? "write")),
      indexedDB: options.browser ?? null,
      ...(options.generation === undefined ? {} : { generation: options.generation }),
      ...(options.mirror === undefined ? {} : { mirror: options.mirror }),
      ...(tab === undefined ? {} : { clock: tab.clock, WebSocket: tab.WebSocket }),
    }
    const workspace = tab === undefined ? openWorkspace(given) : openInTab(given, tab)
    atEndOfTests(() => workspace.close())
    return workspace
  }
  return { url, port, store, up, down, open }
}

function openInTab(options: WorkspaceOptions<typeof schema>, { tabs }: SimTab): TestWorkspace {
  const ports = nodePorts(options)
  return new LocalWorkspace(options, { ...ports, platform: { ...ports.platform, tabs } })
}

/** A browser profile without anything in it. */
export function newBrowser(): IDBFactory {
  return new IDBFactory()
}

export async function online(workspace: TestWorkspace): Promise<void> {
  await waitFor(() => workspace.status.connection === "online" && workspace.status.caughtUp, {
    what: "the workspace to be caught up",
    detail: () => JSON.stringify(workspace.status),
  })
}
