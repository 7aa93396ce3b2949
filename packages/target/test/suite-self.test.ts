import { expect, test } from "vitest"
import { targetSuite } from "../src/suite/index.ts"

test("the suite names each case once and begins each title with a rule's id", () => {
  const options = {
    http: true,
    world: ["edit", "cut", "normalise", "default"] as const,
    spoil: <T>(change: T): T => change,
    make: () => Promise.reject(new Error("not run here")),
  }
  const titles = targetSuite("state", options).map(({ title }) => title)
  expect(new Set(titles).size).toBe(titles.length)
  for (const title of titles) expect(title).toMatch(/^T\d+ /)
})
