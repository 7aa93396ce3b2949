import { join } from "node:path"
import { openLmdbStore } from "@millrace/store/lmdb"
import { seedFromEnvironment, tempDir } from "@millrace/testkit"
import { expect, test } from "vitest"
import { runFrames } from "../src/frames/campaign.ts"
import { readStoredLog } from "../src/frames/verdict.ts"
import { makeRelayHome, startRelayProcess } from "../src/relay/relay-process.ts"

test(
  "R220 mutated frames neither stop the relay nor reach its log as what no document can take, and others go on",
  { timeout: 240_000 },
  async () => {
    const seed = seedFromEnvironment()
    const lines: string[] = [`seed ${seed}`]
    const folder = tempDir("frames")
    const say = (line: string): void => void lines.push(line)
    const outcome = await runFrames({ rounds: 2000, seed, signal: new AbortController().signal, folder, say })
    expect(outcome.problems, lines.join("\n")).toEqual([])
    expect(outcome.counts).toMatchObject({ frames: 2000, sieges: 1 })
    expect(outcome.counts["refused"]).toBeGreaterThan(100)
    expect(outcome.counts["stored"]).toBeGreaterThan(100)
  },
)

test("the checker of R220 finds an entry that cannot be read, and one that waits for another that is not there", async () => {
  const folder = tempDir("frames")
  const home = makeRelayHome(join(folder, "home"))
  const store = await openLmdbStore({ folder: join(folder, "data/relay") })
  const like = { generation: 1, author: "somebody", timeMs: 0 }
  // Client 70,000 goes on at clock 5, and nobody has its beginning.
  const waiting = Uint8Array.of(1, 1, 240, 162, 4, 5, 4, 1, 1, 116, 1, 120, 0)
  await store.append("log/w@1", [
    { ...like, payload: waiting },
    { ...like, payload: Uint8Array.of(9, 9, 9) },
  ])
  await store.close()
  const { url } = await startRelayProcess(home, join(folder, "data"))
  const { problems } = await readStoredLog(url, "w", await home.token("read"))
  expect(problems).toEqual([
    expect.stringContaining("entry 1 leaves structs pending"),
    expect.stringContaining("entry 2 cannot be applied"),
  ])
})
