import { seededRandom } from "@millrace/testkit"
import { expect, test } from "vitest"
import { cutIntoParts, PartJoiner } from "../src/index.ts"

const tooLarge = expect.objectContaining({ kind: "too-large" }) as Error

test("P4 a message cut into parts of any size comes back whole, one after another through one joiner", () => {
  const random = seededRandom()
  const joiner = new PartJoiner(10_000)
  for (let round = 0; round < 300; round++) {
    const message = random.bytes(1 + random.int(5000))
    const maxPartBytes = 1 + random.int(700)
    const parts = cutIntoParts(message, maxPartBytes)
    if (parts === undefined) {
      expect(message.length).toBeLessThanOrEqual(maxPartBytes)
      continue
    }
    expect(parts.length).toBe(Math.ceil(message.length / maxPartBytes))
    const joined = parts.map((part, index) => {
      const whole = joiner.add(part, index === parts.length - 1)
      part.fill(0)
      expect(joiner.begun).toBe(index < parts.length - 1)
      return whole
    })
    // Cutting shares the message's memory, so it is all zeros by now; what was joined is not.
    expect(joined.slice(0, -1).every((one) => one === undefined)).toBe(true)
    expect(joined.at(-1)?.length).toBe(message.length)
    expect(joined.at(-1)?.some((byte) => byte !== 0)).toBe(true)
  }
})

test("P4 parts keep the order and every byte", () => {
  const message = Uint8Array.from({ length: 1000 }, (_, index) => index & 255)
  const joiner = new PartJoiner(1000)
  const parts = cutIntoParts(message, 64) ?? []
  expect(parts.map((part, index) => joiner.add(part, index === parts.length - 1)).at(-1)).toEqual(message)
})

test("P5 more bytes than a message may have are refused, nothing of them is kept, and the joiner goes on", () => {
  const joiner = new PartJoiner(100)
  for (let part = 0; part < 100; part++) expect(joiner.add(new Uint8Array(1), false)).toBeUndefined()
  expect(() => joiner.add(new Uint8Array(1), false)).toThrow(tooLarge)
  expect(joiner.begun).toBe(false)
  expect(joiner.add(new Uint8Array(100).fill(7), true)).toEqual(new Uint8Array(100).fill(7))
  expect(() => joiner.add(new Uint8Array(101), true)).toThrow(tooLarge)
  for (let part = 0; part < 1000; part++) expect(joiner.add(new Uint8Array(), false)).toBeUndefined()
  expect(joiner.add(new Uint8Array(), true)).toEqual(new Uint8Array())
})
