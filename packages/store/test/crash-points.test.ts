import { join } from "node:path"
import { seededRandom, spawnNode, tempDir } from "@millrace/testkit"
import { expect, test } from "vitest"
import { openLmdbStore, type StoreStep } from "../src/lmdb/index.ts"
import { compactedIn, wrongIn } from "./support/expected.ts"

const compacter = join(import.meta.dirname, "support/compacter.ts")
const stream = "log/a@1"
const entry = { payload: new Uint8Array(30_000).fill(5), generation: 1, author: "a", timeMs: 1 }

const steps: readonly StoreStep[] = [
  "append",
  "appended",
  "snapshot-part",
  "snapshot-check",
  "snapshot-switch",
  "snapshot-sweep",
  "snapshotted",
  "trim",
  "trimmed",
]

test("S52 a process that ends at any step inside the driver leaves what was promised: appends, snapshots, trims, history", async () => {
  const random = seededRandom()
  const folder = tempDir("crash-points")
  for (let round = 0; round < 12; round++) {
    const child = await spawnNode(compacter, { args: [folder, "flushed", String(1 + random.int(150))] })
    expect(await child.exited).toMatchObject({ signal: "SIGKILL" })
    const store = await openLmdbStore({ folder })
    expect(await wrongIn(store, stream, compactedIn(child.stdout))).toEqual([])
    await store.close()
  }
}, 120_000)

test("S52 a failure at each kind of step fails the call, keeps the former snapshot or has the new one whole, and the next call succeeds", async () => {
  for (const failing of steps) {
    const folder = tempDir("failing-step")
    let armed = false
    const store = await openLmdbStore({
      folder,
      partBytes: 4096,
      onStep: (step) => {
        if (armed && step === failing) throw new Error(`planted at ${step}`)
      },
    })
    await store.append("s", [entry, entry, entry])
    await store.snapshot("s", 1, new Uint8Array(10_000).fill(1))
    armed = true
    const attempts = await Promise.allSettled([
      store.snapshot("s", 2, new Uint8Array(500_000).fill(2)).then(() => store.trim("s", 2)),
    ])
    const isAppend = failing === "append" || failing === "appended"
    expect([failing, attempts[0].status]).toEqual([failing, isAppend ? "fulfilled" : "rejected"])
    if (isAppend) await expect(store.append("s", [entry])).rejects.toMatchObject({ kind: "storage" })
    armed = false
    const head = await store.head("s")
    expect(head).toBe(failing === "appended" ? 4 : 3)
    const read = await store.readSnapshot("s")
    expect([10_000, 500_000]).toContain(read?.payload.length)
    expect(read?.payload.every((byte) => byte === read.seq)).toBe(true)
    expect(await store.trimmed("s")).toBeLessThanOrEqual(read?.seq ?? 0)
    await store.snapshot("s", 3, new Uint8Array(20_000).fill(3))
    expect(await store.trim("s", 3)).toBe(3)
    expect(await store.history("s", 0, 10)).toHaveLength(head)
    expect(await store.append("s", [entry])).toBe(head + 1)
    await store.close()
  }
})
