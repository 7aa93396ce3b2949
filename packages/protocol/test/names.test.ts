import { errorKinds } from "@millrace/ports"
import { seededRandom } from "@millrace/testkit"
import { expect, test } from "vitest"
import {
  carriesUpdate,
  closeCodeOf,
  formatWorkspaceRef,
  isPermanentCloseCode,
  isRole,
  isStep2,
  isWorkspaceName,
  parseWorkspaceRef,
  roles,
} from "../src/index.ts"

test("P6 a workspace name has 1 to 64 of a-z, 0-9, dot, underscore, minus, and begins with a letter or digit", () => {
  for (const name of ["a", "0", "catalogue", "a.b_c-d", "x".repeat(64), "log"]) expect(isWorkspaceName(name)).toBe(true)
  for (const name of [
    "",
    "A",
    ".a",
    "-a",
    "_a",
    "a b",
    "ä",
    "a/b",
    "a~status",
    "a@2",
    "x".repeat(65),
    "a\n",
    "..",
    "*",
  ]) {
    expect(isWorkspaceName(name), name).toBe(false)
    if (!/^a(~status|@2)$/.test(name)) {
      expect(() => parseWorkspaceRef(name), name).toThrow(expect.objectContaining({ kind: "invalid" }))
    }
  }
})

test("P6 a reference names a workspace, its status document, and its generation where that is not 1", () => {
  expect(parseWorkspaceRef("w")).toEqual({ name: "w", status: false, generation: 1 })
  expect(parseWorkspaceRef("w~status")).toEqual({ name: "w", status: true, generation: 1 })
  expect(parseWorkspaceRef("w@12")).toEqual({ name: "w", status: false, generation: 12 })
  expect(parseWorkspaceRef("w~status@12")).toEqual({ name: "w", status: true, generation: 12 })
  for (const text of [
    "w@",
    "w@0",
    "w@01",
    "w@-1",
    "w@1e3",
    "w@2~status",
    "w~",
    "w~other",
    "~status",
    "@2",
    "w@2@3",
    "w@9999999999",
  ]) {
    expect(() => parseWorkspaceRef(text), text).toThrow(expect.objectContaining({ kind: "invalid" }))
  }
})

test("P6 formatting and parsing are inverse, and no two references look alike", () => {
  const random = seededRandom()
  const seen = new Map<string, string>()
  for (let round = 0; round < 2000; round++) {
    const name = Array.from({ length: 1 + random.int(3) }, (_, at) =>
      random.pick((at > 0 ? "ab01._-" : "ab01").split("")),
    ).join("")
    const ref = { name, status: random.chance(0.5), generation: 1 + random.int(12) }
    const text = formatWorkspaceRef(ref)
    expect(parseWorkspaceRef(text)).toEqual(ref)
    const key = JSON.stringify(ref)
    expect(seen.get(text) ?? key).toBe(key)
    seen.set(text, key)
  }
})

test("P7 the roles are these five, and nothing else is one", () => {
  expect(roles).toEqual(["read", "write", "publish", "admin", "projector"])
  for (const role of roles) expect(isRole(role)).toBe(true)
  for (const text of ["", "READ", "owner", "write ", "toString", "length", "0"]) expect(isRole(text)).toBe(false)
})

test("P8 every error kind has a close code that tells whether coming back can help", () => {
  const temporary = new Set(["bug", "rate-limited", "timeout", "unavailable", "storage", "closed"])
  for (const kind of errorKinds) {
    const code = closeCodeOf(kind)
    expect(code).toBeGreaterThanOrEqual(4400)
    expect(code).toBeLessThan(4600)
    expect(isPermanentCloseCode(code), kind).toBe(!temporary.has(kind))
  }
  for (const code of [1000, 1006, 1012, 1013, 4399, 4500]) expect(isPermanentCloseCode(code)).toBe(false)
})

test("P9 frames that carry an update are sync steps 2 and updates, and no other bytes", () => {
  expect(
    [
      [0, 1, 0],
      [0, 2, 2, 0, 0],
    ].map((frame) => carriesUpdate(Uint8Array.from(frame))),
  ).toEqual([true, true])
  for (const frame of [[], [0], [0, 0, 1, 0], [0, 3], [1, 1], [1, 2], [2, 1], [3], [128, 0, 1]]) {
    expect(carriesUpdate(Uint8Array.from(frame)), String(frame)).toBe(false)
  }
  expect([[0, 1], [0, 2], [0, 0], [1, 1], []].map((frame) => isStep2(Uint8Array.from(frame)))).toEqual([
    true,
    false,
    false,
    false,
    false,
  ])
})
