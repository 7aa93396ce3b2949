import { join } from "node:path"
import { seededRandom, spawnNode, tempDir, waitFor } from "@millrace/testkit"
import { systemClock, systemRandom } from "@millrace/ports"
import { openLmdbStore } from "@millrace/store/lmdb"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { openKeyFile, signToken } from "../src/access/index.ts"
import { connect } from "./support/raw-client.ts"
import { startTestRelay } from "./support/relay.ts"

const script = join(import.meta.dirname, "support/compacting-relay.ts")

test("R406 a relay that is killed at any moment of a compaction keeps every acknowledged edit, and its history", async () => {
  const random = seededRandom()
  const dataDir = tempDir("killed-compaction")
  const key = await openKeyFile(join(dataDir, "auth.key"), systemRandom)
  const sign = (role: string): Promise<string> =>
    signToken({ key, subject: "ann", workspaces: { w: role }, expiresAtMs: systemClock.nowMs() + 600_000 })
  const doc = new Y.Doc()
  let next = 0
  for (let round = 0; round < 5; round++) {
    const child = await spawnNode(script, { args: [dataDir], readyLine: /^ready (\d+)$/ })
    const writer = await connect(`ws://127.0.0.1:${child.ready}/sync`, await sign("write"), "w", doc)
    await writer.durable()
    const before = { sent: writer.sent, next }
    const wanted = 1 + random.int(6)
    const steps = (): number => child.stdout.split("step ").length - 1
    while (steps() < wanted) {
      doc.getArray("a").push([next])
      doc.getMap("m").set("last", next)
      next += 1
      if (random.chance(0.2)) await Promise.race([writer.durable(), child.exited])
    }
    await child.kill("SIGKILL")
    await writer.client.closing()
    const acked = Math.max(...writer.client.heard.map((one) => (one.type === "durable" ? one.received : 0)))
    // Two frames a round of the loop.
    const owed = before.next + Math.floor((acked - before.sent) / 2)
    const store = await openLmdbStore({ folder: join(dataDir, "relay") })
    const relay = await startTestRelay({ store, dataDir })
    const reader = await connect(relay.ws, await sign("read"), "w")
    const held = reader.doc.getArray<number>("a").toArray()
    expect(held.slice(0, owed)).toEqual(Array.from({ length: owed }, (_, index) => index))
    expect(reader.doc.store.pendingStructs).toBeNull()
    const head = await store.head("log/w@1")
    expect((await store.history("log/w@1", 0, head)).length).toBe(head)
    expect(relay.relay.quarantined()).toEqual([])
    reader.client.socket.close()
    await waitFor(() => reader.client.closed, { what: "the reader to leave" })
    await relay.stop()
  }
}, 120_000)
