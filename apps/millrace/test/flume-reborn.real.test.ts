import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { freePort, startFlumeAgent, tempDir, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { cli, cliJson } from "./support/cli.ts"
import { type Exported, expectSinkHolds } from "./support/expect-sink.ts"
import { startParts } from "./support/parts.ts"

interface Status {
  readonly targets: readonly {
    readonly name: string
    readonly state?: string
    readonly lastError?: string
    readonly bindings: readonly { readonly pending: number; readonly synced: number }[]
  }[]
}

test("J112 Flume dead at the start: the state is visible; reborn, killed and reborn again: nothing is lost", async () => {
  const dir = tempDir("reborn")
  const httpPort = await freePort()
  const parts = await startParts(dir, {
    targets: { flume: { kind: "flume", url: `http://127.0.0.1:${httpPort}` } },
    bindings: [{ name: "events", target: "flume", collections: ["datasets"] }],
  })
  await parts.startRelay()
  await parts.startProjector()
  const server = ["--workspace", "w", "--url", parts.url, "--token", await parts.token("w", "write")]
  const importTable = async (name: string): Promise<void> => {
    const table = { qualifiedName: `a.${name}`, database: "a", name, external: true, columns: [], partitionKeys: [] }
    writeFileSync(join(dir, "tables.json"), JSON.stringify([table]))
    expect((await cli("import", join(dir, "tables.json"), ...server)).code).toBe(0)
  }
  const status = async (): Promise<Status["targets"][0] | undefined> =>
    (await cliJson<Status>("status", ...server)).targets[0]

  await importTable("one")
  await waitFor(async () => (await status())?.bindings[0]?.pending === 1, { what: "the record to be pending" })
  await waitFor(async () => ((await status())?.lastError ?? "") !== "", { what: "the reason to be visible" })
  expect((await cli("status", ...server)).out).toMatch(/ECONNREFUSED|refused|cannot be reached/i)

  const first = await startFlumeAgent({ dir: join(dir, "flume"), httpPort })
  await waitFor(async () => (await status())?.bindings[0]?.synced === 1, {
    what: "the record to be synced",
    deadlineMs: 60_000,
  })
  await first.kill()
  await importTable("two")
  await waitFor(async () => (await status())?.bindings[0]?.pending === 1, { what: "the second record to be pending" })
  const second = await startFlumeAgent({ dir: join(dir, "flume"), httpPort })
  const merged = await cliJson<Exported>("export", ...server)
  await expectSinkHolds(() => second.readSink({ until: () => true }), merged, 90_000)
  await waitFor(async () => (await status())?.bindings[0]?.synced === 2, { what: "both records to be synced" })
})
