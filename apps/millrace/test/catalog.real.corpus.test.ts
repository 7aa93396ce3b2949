import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { startFlumeAgent, tempDir, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { cli, cliJson } from "./support/cli.ts"
import { type Exported, expectSinkHolds } from "./support/expect-sink.ts"
import { startParts } from "./support/parts.ts"

const corpus = process.env["MILLRACE_CORPUS"] ?? resolve(import.meta.dirname, "../../../../shared/corpus")
const file = join(corpus, "catalog.json")

interface Status {
  readonly seq: number
  readonly targets: readonly { readonly bindings: readonly Readonly<Record<string, number>>[] }[]
}

test("J111 a real catalogue goes in, comes out equal, is in the Flume sink record by record, and all is synced", async () => {
  const dir = tempDir("corpus")
  const agent = await startFlumeAgent({ dir: join(dir, "flume") })
  const parts = await startParts(dir, {
    targets: { flume: { kind: "flume", url: agent.httpUrl }, files: { kind: "files", dir: "out" } },
    bindings: [
      { name: "events", target: "flume", collections: ["datasets", "columns"] },
      { name: "copies", target: "files", collections: ["datasets", "columns"] },
    ],
  })
  await parts.startRelay()
  await parts.startProjector()
  const server = ["--workspace", "catalog", "--url", parts.url, "--token", await parts.token("catalog", "write")]
  const first = await cliJson<{ tables: number; written: number; seq: number }>("import", file, ...server)
  expect(first.written).toBeGreaterThan(first.tables)
  const again = await cliJson<{ written: number; seq: number }>("import", file, ...server)
  expect(again).toMatchObject({ written: 0, seq: first.seq })

  const back = await cli("export", "--format", "catalog", ...server)
  expect(JSON.parse(back.out)).toEqual(JSON.parse(readFileSync(file, "utf8")))
  const merged = await cliJson<Exported>("export", ...server)
  expect((await cli("export", "--json", ...server)).out).toBe((await cli("export", "--json", ...server)).out)
  const chains = await expectSinkHolds(() => agent.readSink({ until: () => true }), merged)
  expect(chains.versions.size).toBe(first.written)

  await waitFor(
    async () => {
      const { seq, targets } = await cliJson<Status>("status", ...server)
      const all = { watermark: seq, pending: 0, synced: first.written, rejected: 0, conflicts: 0, parked: 0 }
      return (
        targets.flatMap(({ bindings }) => bindings).every((found) => sameCounts(found, all)) && targets.length === 2
      )
    },
    { what: "all records to be synced in both targets", deadlineMs: 30_000 },
  )
})

function sameCounts(found: Readonly<Record<string, number>>, wanted: Readonly<Record<string, number>>): boolean {
  return Object.entries(wanted).every(([name, value]) => found[name] === value)
}
