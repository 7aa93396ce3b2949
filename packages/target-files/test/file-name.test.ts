import { seededRandom } from "@millrace/testkit"
import { hostileTexts } from "@millrace/target/suite"
import { expect, test } from "vitest"
import { fileName } from "../src/index.ts"

const safe = /^[a-z0-9_@+=,%][a-z0-9_@+=,.%~-]*$/
const device = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i

test("T50 names are readable where they can be", () => {
  expect(fileName("sales.orders")).toBe("sales.orders")
  expect(fileName("sales.orders@prod/column/3")).toBe("sales.orders@prod%2fcolumn%2f3")
  expect(fileName("Sales")).toBe("%53ales")
  expect(fileName("..")).toBe("%2e%2e")
  expect(fileName("con")).toBe("%63on")
  expect(fileName("")).toBe("%")
  expect(fileName("é")).toBe("%c3%a9")
  expect(fileName("x".repeat(180))).toBe("x".repeat(180))
  expect(fileName("x".repeat(181))).toMatch(/^x{80}~[0-9a-f]{64}$/)
})

test("T50 different ids have different names, also where case does not count, and every name is harmless", () => {
  const random = seededRandom().fork("T50")
  const pieces = [
    "",
    ".",
    "..",
    "/",
    "\\",
    "%",
    "%2e",
    "~",
    "con",
    "Con",
    "a",
    "A",
    "é",
    "\u0301",
    "😀",
    "\ud83d",
    "\0",
    " ",
    "-",
  ]
  const made = Array.from({ length: 20_000 }, () =>
    Array.from({ length: random.int(6) }, () => random.pick(pieces))
      .join("")
      .repeat(random.chance(0.05) ? 60 : 1),
  )
  const ids = new Set([...hostileTexts, ...made])
  const names = new Map<string, string>()
  for (const id of ids) {
    const name = fileName(id)
    expect(names.get(name.toLowerCase()), `${JSON.stringify(id)} has a name of its own`).toBeUndefined()
    names.set(name.toLowerCase(), id)
    expect(name).toMatch(safe)
    expect(name).not.toMatch(device)
    expect(name).not.toMatch(/\.$/)
    expect(name.length).toBeLessThanOrEqual(180)
  }
})
