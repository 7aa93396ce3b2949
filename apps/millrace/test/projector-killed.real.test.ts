import { join } from "node:path"
import { openWorkspace } from "@millrace/client/node"
import { seededRandom, seedFromEnvironment, startFlumeAgent, tempDir, waitFor } from "@millrace/testkit"
import { platformSchema } from "@millrace/workspace"
import { expect, test } from "vitest"
import { cli, cliJson } from "./support/cli.ts"
import { type Exported, expectSinkHolds } from "./support/expect-sink.ts"
import { startParts } from "./support/parts.ts"

const kills = 20

test(`J110 the projector is killed ${kills} times at random points while edits go on: every chain in the sink is whole`, async () => {
  const random = seededRandom(seedFromEnvironment())
  const dir = tempDir("killed")
  const agent = await startFlumeAgent({ dir: join(dir, "flume") })
  const parts = await startParts(dir, {
    targets: { flume: { kind: "flume", url: agent.httpUrl } },
    bindings: [{ name: "events", target: "flume", collections: ["datasets", "columns"] }],
  })
  await parts.startRelay()
  let projector = await parts.startProjector()
  const token = await parts.token("w", "write")
  const workspace = openWorkspace({ name: "w", schema: platformSchema, url: parts.url, token })
  const datasets = workspace.collection("datasets")

  const stop = new AbortController()
  const edits = (async () => {
    for (let round = 0; !stop.signal.aborted; round++) {
      const id = `shop.t${random.int(40)}`
      if (!datasets.has(id)) datasets.put(id, { database: "shop", name: id, external: false })
      else if (random.float() < 0.15) datasets.delete(id)
      else datasets.update(id, { comment: `round ${round}` })
      await new Promise((resolve) => void setTimeout(resolve, random.int(8)))
    }
  })()
  for (let kill = 0; kill < kills; kill++) {
    await new Promise((resolve) => void setTimeout(resolve, random.int(600)))
    await projector.kill("SIGKILL")
    projector = await parts.startProjector()
  }
  stop.abort()
  await edits
  await waitFor(() => workspace.status.caughtUp && workspace.status.waiting === 0, { what: "every edit to be durable" })
  await workspace.close()

  const server = ["--workspace", "w", "--url", parts.url, "--token", token]
  const merged = await cliJson<Exported>("export", ...server)
  const chains = await expectSinkHolds(() => agent.readSink({ until: () => true }), merged)
  const changes = [...chains.versions.values()].reduce((sum, version) => sum + version, 0)
  console.log(`${kills} kills, ${chains.versions.size} records, ${changes} changes, ${chains.repeats} repeated events`)
  expect(changes).toBeGreaterThan(100)
  expect((await cli("status", ...server)).out).toContain("events")
})
