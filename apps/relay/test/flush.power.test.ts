import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { makeCuttableDisk, seededRandom, spawnNode, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { linesIn, readyLine, relayFile, startWriter, tokenFor } from "./support/writers.ts"

/** Acknowledged edits that are gone after the power of the relay's disk was cut under load. */
async function lostByPowerCut(
  script: string,
  args: (dataDir: string) => readonly string[],
  edits: number,
): Promise<number> {
  const disk = await makeCuttableDisk({ bytes: 128 << 20 })
  const dataDir = join(disk.folder, "data")
  mkdirSync(dataDir)
  const token = await tokenFor(dataDir)
  const relay = await spawnNode(script, { args: args(dataDir), readyLine })
  const writers = await Promise.all(["a", "b", "c"].map((name) => startWriter(relay.ready, token, "w", name)))
  await waitFor(
    () => {
      for (const writer of writers) for (let n = 0; n < 3; n++) writer.write()
      return writers.reduce((sum, one) => sum + one.acked().length, 0) >= edits
    },
    { what: `${edits} acknowledged edits`, everyMs: 1 },
  )
  let owed: readonly string[] = []
  const after = await disk.cutPower([relay], () => (owed = writers.flatMap((writer) => writer.acked())))
  for (const writer of writers) writer.die()
  await relay.kill("SIGKILL")
  const again = await spawnNode(relayFile, { args: mainArgs(join(after, "data")), readyLine })
  const lines = new Set(await linesIn(again.ready, token, "w"))
  await again.kill("SIGTERM")
  expect(owed.length).toBeGreaterThan(0)
  return owed.filter((line) => !lines.has(line)).length
}

function mainArgs(dataDir: string): readonly string[] {
  return ["--data", dataDir, "--listen", "127.0.0.1:0"]
}

test("R37 every acknowledged edit is on the disk after its power was cut under load", async () => {
  const random = seededRandom()
  for (let round = 0; round < 3; round++) {
    expect(await lostByPowerCut(relayFile, mainArgs, 50 + random.int(300))).toBe(0)
  }
})

test("R37 a relay that acknowledges before its log is flushed is caught by the same procedure", async () => {
  const planted = join(import.meta.dirname, "support/relay-without-flush.ts")
  expect(await lostByPowerCut(planted, (dataDir) => [dataDir], 200)).toBeGreaterThan(0)
})
