import type { HttpOutcome } from "@millrace/target"
import { expect, test } from "vitest"
import { type AtlasContext, classifyAtlas } from "../src/index.ts"

const one: AtlasContext = { records: 1, unexplainedInARow: 1, nowMs: 0 }
const many: AtlasContext = { ...one, records: 3 }

function answer(status: number, body = "", headers: Readonly<Record<string, string>> = {}): HttpOutcome {
  return { type: "answer", status, headers, body, truncated: false, host: "atlas:21000" }
}

function coded(status: number, errorCode: string): HttpOutcome {
  return answer(status, JSON.stringify({ errorCode, errorMessage: "because of this" }))
}

const logged = answer(500, "There was an error processing your request. It has been logged (ID 228ffae6a643fa60).")

test.each<[string, HttpOutcome, AtlasContext, object]>([
  ["taken", answer(200, "{}"), many, { outcome: "accepted" }],
  ["taken without a body", answer(204), many, { outcome: "accepted" }],
  ["nobody there", { type: "unreached", reason: "refused" }, many, { kind: "retry" }],
  ["no answer", { type: "unknown", reason: "no answer within 5 ms" }, many, { kind: "retry" }],
  ["no credentials", { type: "unauthenticated", reason: "no file" }, many, { kind: "auth" }],
  ["wrong password", answer(401), many, { kind: "auth" }],
  ["not allowed", coded(403, "ATLAS-403-00-001"), many, { kind: "auth" }],
  ["a bad payload as 404", coded(404, "ATLAS-404-00-007"), many, { kind: "invalid", wholeBatch: true }],
  ["a bad payload alone", coded(404, "ATLAS-404-00-007"), one, { kind: "invalid" }],
  ["a bad label", coded(400, "ATLAS-400-00-090"), many, { kind: "invalid", wholeBatch: true }],
  ["a reference that went", coded(404, "ATLAS-404-00-00A"), many, { kind: "retry" }],
  ["a guid that went", coded(404, "ATLAS-404-00-005"), one, { kind: "gone" }],
  ["already there", coded(409, "ATLAS-409-00-004"), one, { kind: "conflict" }],
  ["too large", answer(413), many, { kind: "invalid", wholeBatch: true }],
  ["too fast", answer(429, "", { "retry-after": "3" }), many, { kind: "rate", retryAfterMs: 3000 }],
  ["starting", answer(503, "", { "retry-after": "2" }), many, { kind: "retry", retryAfterMs: 2000 }],
  ["a 500 that may be a lock", logged, many, { kind: "retry" }],
  ["a third one running", logged, { ...many, unexplainedInARow: 3 }, { kind: "bug", wholeBatch: true }],
  ["a third one alone", logged, { ...one, unexplainedInARow: 3 }, { kind: "bug" }],
  ["no Atlas there", answer(404, "<html>Not found</html>"), many, { kind: "retry" }],
  ["a redirect", answer(302), many, { kind: "retry" }],
  ["a teapot", answer(418), many, { kind: "bug" }],
])("T221 classify: %s", (_name, outcome, context, expected) => {
  const { reason, ...verdict } = { reason: ".", ...classifyAtlas(outcome, context) }
  expect(verdict).toEqual({ ...("kind" in expected ? { outcome: "failed" } : {}), ...expected })
  expect(reason).toMatch(/\.$/)
})

test("T221 the reason has Atlas's own words and code, on one line, else the beginning of the text", () => {
  expect(classifyAtlas(coded(404, "ATLAS-404-00-007"), one)).toMatchObject({
    reason: "atlas:21000 answered 404: because of this (ATLAS-404-00-007).",
  })
  expect(classifyAtlas(logged, one)).toMatchObject({ reason: expect.stringContaining("ID 228ffae6a643fa60") as string })
  expect(classifyAtlas(answer(418, "a\u001b[31m\n<b>b</b>"), one)).toMatchObject({
    reason: "atlas:21000 answered 418: a [31m b.",
  })
  expect(classifyAtlas(answer(401), one)).toMatchObject({
    reason: expect.stringContaining("no reason given") as string,
  })
})
