import { atEndOfTests } from "@millrace/testkit"
import { describe, expect, test } from "vitest"
import { startSwallowingProxy } from "../src/relay/swallowing-proxy.ts"
import { killedLives } from "./stage.ts"

const nothing = { lost: 0, twice: 0, returned: 0, strange: 0, pending: 0 }
const timeout = 180_000

test(
  "R200 what the relay acknowledged is there, once and whole, after relay and all writers were killed",
  { timeout },
  async () => {
    const lives = await killedLives(10)
    expect(lives.problems).toEqual([])
    expect(lives).toMatchObject({ rounds: 10, found: nothing })
    expect(lives.acknowledged).toBeGreaterThan(10)
  },
)

describe("the checker of R200 finds", () => {
  test("a relay that acknowledges before it appends", { timeout }, async () => {
    expect((await killedLives(3, { plant: "early-ack" })).found.lost).toBeGreaterThan(0)
  })

  test("a relay that forgets one update in three", { timeout }, async () => {
    expect((await killedLives(3, { plant: "drop" })).found.lost).toBeGreaterThan(0)
  })

  test("a relay that writes text a second time", { timeout }, async () => {
    expect((await killedLives(4, { plant: "duplicate" })).found.twice).toBeGreaterThan(0)
  })

  test("a relay that takes an update for one it knows, and acknowledges it", { timeout }, async () => {
    const through = async (url: string): Promise<string> => {
      const proxy = await startSwallowingProxy(url, 1)
      atEndOfTests(() => proxy.close())
      return proxy.url
    }
    expect((await killedLives(3, { through })).found.lost).toBeGreaterThan(0)
  })
})
