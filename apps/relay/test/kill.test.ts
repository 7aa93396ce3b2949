import { seededRandom, spawnNode, tempDir, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { linesIn, readyLine, relayFile, startWriter, tokenFor } from "./support/writers.ts"

test("R36 every acknowledged edit is there after relay and writers were killed at random moments, once and in order", async () => {
  const random = seededRandom()
  const dataDir = tempDir("killed")
  const start = (): ReturnType<typeof spawnNode> =>
    spawnNode(relayFile, { args: ["--data", dataDir, "--listen", "127.0.0.1:0"], readyLine })
  const owed: string[] = []
  const known = new Set<string>()
  let relay = await start()
  const token = await tokenFor(dataDir)
  for (let round = 0; round < 20; round++) {
    const names = ["a", "b", "c"].map((name) => `${round}${name}`)
    const writers = await Promise.all(names.map((name) => startWriter(relay.ready, token, "w", name)))
    const enough = 1 + random.int(60)
    await waitFor(
      () => {
        const writer = random.pick(writers)
        for (let n = 1 + random.int(5); n > 0; n--) writer.write()
        return writers.reduce((sum, one) => sum + one.acked().length, 0) >= enough
      },
      { what: `${enough} acknowledged edits`, everyMs: 1 },
    )
    const dead = relay.kill("SIGKILL")
    for (const writer of writers) writer.die()
    await dead
    for (const writer of writers) {
      owed.push(...writer.acked())
      for (const line of writer.written) known.add(line)
    }
    relay = await start()
    const lines = await linesIn(relay.ready, token, "w")
    expect(owed.filter((line) => !lines.includes(line))).toEqual([])
    expect(new Set(lines).size).toBe(lines.length)
    expect(lines.every((line) => known.has(line))).toBe(true)
    for (const name of names) {
      const numbers = lines.filter((line) => line.startsWith(`${name}-`)).map((line) => Number(line.split("-")[1]))
      expect(numbers).toEqual(numbers.map((_, index) => index))
    }
  }
  expect(owed.length).toBeGreaterThan(20)
  expect(await relay.kill("SIGTERM")).toEqual({ code: 0, signal: null })
}, 120_000)
