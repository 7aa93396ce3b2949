import type { HttpAnswer, HttpOutcome } from "@millrace/target"
import { expect, test } from "vitest"
import { classifyFlume, type FlumeContext } from "../src/index.ts"
import { titleOf, transactionCapacityIn } from "../src/classify.ts"

const alone: FlumeContext = { events: 1, unavailableInARow: 0, sourceLives: true, nowMs: 0 }
const several: FlumeContext = { ...alone, events: 5 }

function answer(status: number, reason = "", headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  const body = reason === "" ? "" : `<html><title>Error ${status} ${reason}</title><body>more</body></html>`
  return { type: "answer", status, headers, body, truncated: false, host: "h:1" }
}

// The wordings are Flume 1.11's own.
const badJson = "Bad request from client. Request has invalid JSON Syntax."
const nullEvent = "Deserializer threw unexpected exception. Cannot invoke &quot;x&quot; because &quot;e&quot; is null"
const logClosed = "Error appending event to channel. Log is closed"
const channelClosed = "Channel closed [channel=fc]. Due to java.lang.RuntimeException: CorruptEventException"
const capacity =
  "Error appending event to channel. Channel might be full.Put queue for FileBackedTransaction of capacity 10 full, consider committing more frequently"
const full = "Error appending event to channel. Channel might be full. The channel has reached it's capacity."

const cases: readonly (readonly [name: string, outcome: HttpOutcome, alone: object, several: object])[] = [
  ["200", answer(200), { outcome: "accepted" }, { outcome: "accepted" }],
  ["200 with a broken body", { ...answer(200), truncated: true }, { outcome: "accepted" }, { outcome: "accepted" }],
  ["204, which says nothing of the channel", answer(204), { kind: "bug" }, { kind: "bug" }],
  ["no connection", { type: "unreached", reason: "h:1: refused" }, { kind: "retry" }, { kind: "retry" }],
  ["no answer", { type: "unknown", reason: "h:1: reset" }, { kind: "retry" }, { kind: "retry" }],
  ["no credentials", { type: "unauthenticated", reason: "X" }, { kind: "auth" }, { kind: "auth" }],
  ["bad JSON", answer(400, badJson), { kind: "invalid" }, { kind: "invalid", wholeBatch: true }],
  ["null event", answer(500, nullEvent), { kind: "retry" }, { kind: "retry", wholeBatch: true }],
  ["dead channel", answer(500, logClosed), { kind: "retry" }, { kind: "retry" }],
  ["dead channel after a restart", answer(500, channelClosed), { kind: "retry" }, { kind: "retry" }],
  ["over capacity", answer(503, capacity), { kind: "retry" }, { kind: "retry", wholeBatch: true }],
  ["full channel", answer(503, full), { kind: "retry" }, { kind: "retry" }],
  ["too fast", answer(429, "", { "retry-after": "3" }), { kind: "rate", retryAfterMs: 3000 }, { kind: "rate" }],
  ["401", answer(401), { kind: "auth" }, { kind: "auth" }],
  ["403", answer(403), { kind: "auth" }, { kind: "auth" }],
  ["407", answer(407), { kind: "auth" }, { kind: "auth" }],
  ["413", answer(413), { kind: "invalid" }, { kind: "invalid", wholeBatch: true }],
  ["431", answer(431), { kind: "invalid" }, { kind: "invalid", wholeBatch: true }],
  ["307", answer(307), { kind: "retry" }, { kind: "retry" }],
  ["404", answer(404), { kind: "retry" }, { kind: "retry" }],
  ["405", answer(405), { kind: "retry" }, { kind: "retry" }],
  ["408", answer(408), { kind: "retry" }, { kind: "retry" }],
  ["502", answer(502), { kind: "retry" }, { kind: "retry" }],
  ["418", answer(418), { kind: "bug" }, { kind: "bug" }],
]

test.each(cases)("T34 classify: %s", (_name, outcome, one, many) => {
  const keysOf = (verdict: object): object => {
    const { reason, ...rest } = { reason: "", ...verdict }
    if ("kind" in rest) expect(reason).toMatch(/\.$/)
    return rest
  }
  const expected = (want: object): object => ("kind" in want ? { outcome: "failed", ...want } : want)
  expect(keysOf(classifyFlume(outcome, alone))).toEqual(expected(one))
  expect(keysOf(classifyFlume(outcome, several))).toMatchObject(expected(many))
  expect("wholeBatch" in classifyFlume(outcome, several)).toBe("wholeBatch" in many)
})

test("T34 a full channel that stays full for three batches running is blamed on their size; a 500 of a source that takes not even an empty batch is not", () => {
  const verdict = (outcome: HttpOutcome, context: Partial<FlumeContext>): object =>
    classifyFlume(outcome, { ...several, ...context })
  expect(verdict(answer(503, full), { unavailableInARow: 2 })).not.toHaveProperty("wholeBatch")
  expect(verdict(answer(503, full), { unavailableInARow: 3 })).toMatchObject({ kind: "retry", wholeBatch: true })
  expect(verdict(answer(500, nullEvent), { sourceLives: false })).not.toHaveProperty("wholeBatch")
})

test("T34 the reason is the error page's title, decoded and on one line", () => {
  expect(titleOf(answer(500, nullEvent).body)).toBe(
    'Deserializer threw unexpected exception. Cannot invoke "x" because "e" is null',
  )
  expect(titleOf("<TITLE>\n a\u001b[31m\n b &amp;lt; </TITLE>")).toBe("a [31m b &lt;")
  expect(titleOf("plain words")).toBe("plain words")
  expect(titleOf("")).toBe("no reason given")
  expect(titleOf("x".repeat(10_000))).toHaveLength(500)
})

test("T38 the transaction capacity is read from the answer that names it, and from no other", () => {
  expect(transactionCapacityIn(answer(503, capacity))).toBe(10)
  expect(transactionCapacityIn(answer(503, "Put queue for MemoryTransaction of capacity 100 full"))).toBe(100)
  expect(transactionCapacityIn(answer(503, full))).toBeUndefined()
  expect(transactionCapacityIn(answer(500, capacity))).toBeUndefined()
  expect(transactionCapacityIn(answer(503, "Put queue for X of capacity 0 full"))).toBeUndefined()
})
