import { expect, test } from "vitest"
import { cutLives, killedLives } from "./stage.ts"

const nothing = { lost: 0, twice: 0, returned: 0, strange: 0, pending: 0 }

test("R201 what the relay acknowledged is there, once and whole, after the power was cut", async () => {
  const lives = await cutLives(3)
  expect(lives.problems).toEqual([])
  expect(lives).toMatchObject({ rounds: 3, found: nothing })
  expect(lives.acknowledged).toBeGreaterThan(3)
})

test("R202 a relay that acknowledges on commit instead of flush loses edits in a power cut, though no kill shows it", async () => {
  expect((await killedLives(2, { plant: "commit-ack" })).found).toEqual(nothing)
  expect((await cutLives(2, { plant: "commit-ack" })).found.lost).toBeGreaterThan(0)
})
