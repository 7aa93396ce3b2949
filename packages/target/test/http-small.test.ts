import type { MillraceError } from "@millrace/ports"
import { expect, test } from "vitest"
import { requestPath } from "../src/http/request-path.ts"
import { maxRetryAfterMs, retryAfterMs, secretSource } from "../src/index.ts"

const nowMs = Date.UTC(2026, 0, 1, 12, 0, 0)

const retryAfterCases: readonly (readonly [string | undefined, number | undefined])[] = [
  ["7", 7000],
  [" 0 ", 0],
  ["Thu, 01 Jan 2026 12:00:05 GMT", 5000],
  ["Thu, 01 Jan 2026 11:00:00 GMT", 0],
  ["99999999", maxRetryAfterMs],
  [undefined, undefined],
  ["", undefined],
  ["-5", undefined],
  ["soon", undefined],
  ["1.5", undefined],
]

test.each(retryAfterCases)("T31 Retry-After %j means %j ms, at most an hour", (value, expected) => {
  expect(retryAfterMs(value, nowMs)).toBe(expected)
})

test("T27 path segments and query values are data: encoded, never read as a path", () => {
  const base = new URL("http://h/api/")
  expect(requestPath(base, ["a/b", "c?d#e", "..%2f", "é"], { q: "x&y=z", n: 3, l: ["1", "2"] })).toBe(
    "/api/a%2Fb/c%3Fd%23e/..%252f/%C3%A9?q=x%26y%3Dz&n=3&l=1&l=2",
  )
  expect(requestPath(new URL("http://h"), ["x"])).toBe("/x")
  expect(requestPath(new URL("http://h/v1"), ["\ud83d"])).toBe("/v1/%EF%BF%BD")
  for (const bad of ["", ".", ".."]) {
    expect(() => requestPath(base, ["ok", bad])).toThrow(expect.objectContaining({ kind: "invalid" }) as MillraceError)
  }
})

test("T33 a configuration says where a secret is kept, never the secret", () => {
  expect(secretSource({ env: "NAME" }, "p")).toEqual({ env: "NAME" })
  expect(secretSource({ file: "/run/secret" }, "p")).toEqual({ file: "/run/secret" })
  for (const bad of ["hunter2", { env: "" }, { env: "A", file: "B" }, {}, null, 3, { value: "hunter2" }]) {
    expect(() => secretSource(bad, "targets.t.auth.password")).toThrow(/^targets\.t\.auth\.password must be/)
    expect(() => secretSource(bad, "p")).not.toThrow(/hunter2/)
  }
})
