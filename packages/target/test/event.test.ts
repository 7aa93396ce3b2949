import { canonicalJson, parseCanonical } from "@millrace/model"
import { expect, test } from "vitest"
import { type Change, eventBody, eventHeaders, eventIdOf, sortedJson } from "../src/index.ts"
import { hostileTexts } from "../src/suite/index.ts"

const change: Change = {
  eventId: "ab12",
  workspace: "sales",
  generation: 1,
  collection: "datasets",
  id: "sales.orders",
  version: 3,
  op: "update",
  author: "ann@example.org",
  timeMs: Date.UTC(2026, 0, 2, 3, 4, 5, 67),
  seqFrom: 11,
  seq: 12,
  hash: "cd34",
  before: '{"database":"sales","name":"orders"}',
  after: '{"comment":"a\\nb","database":"sales","name":"orders"}',
}

// The expected hashes come from Python: hashlib.sha256(json.dumps(parts, separators=(",", ":"), ensure_ascii=False)).
test("T20 an event id is the lower-case hex SHA-256 of the canonical JSON array of its seven parts", () => {
  expect(eventIdOf(["sales", 1, "j0", "datasets", "sales.orders", 3, "ab".repeat(32)])).toBe(
    "968cfdf2620234428f397015cd775f56223fbc41cb7c22ffc26638f185731dab",
  )
  expect(eventIdOf(["wörk", 2, 'j"1', "d\\s", "漢😀\n\u0001\u007f", 1, null])).toBe(
    "ed3304c343e2657dbd02fe65cf03d05ba33daf2bc11a6137232221c5de285d0a",
  )
})

test("T20 the hashed text is what the model's canonical form gives", () => {
  for (const id of hostileTexts) {
    const parts = ["w", 1, "j", "c", id, 1, null]
    expect(canonicalJson(parts)).toBe(JSON.stringify(parts))
  }
})

test("T21 an event body is one line of canonical JSON with exactly the thirteen names", () => {
  const body = eventBody(change)
  expect(JSON.parse(body)).toEqual({
    eventId: "ab12",
    workspace: "sales",
    generation: 1,
    collection: "datasets",
    record: "sales.orders",
    version: 3,
    op: "update",
    author: "ann@example.org",
    time: "2026-01-02T03:04:05.067Z",
    seqFrom: 11,
    seq: 12,
    before: { database: "sales", name: "orders" },
    after: { comment: "a\nb", database: "sales", name: "orders" },
  })
  expect(body).not.toMatch(/[\r\n]/)
  expect(sortedJson(JSON.parse(body))).toBe(body)
})

test("T21 before and after of what is not there are null, and hostile texts keep the body canonical and on one line", () => {
  expect(JSON.parse(eventBody({ ...change, before: null, after: null }))).toMatchObject({ before: null, after: null })
  for (const text of hostileTexts) {
    const fields = { [text]: text }
    const body = eventBody({ ...change, id: text, author: text, before: canonicalJson(fields), after: null })
    expect(body).not.toMatch(/[\r\n]/)
    expect(canonicalJson(parseCanonical(body))).toBe(body)
    expect(JSON.parse(body)).toMatchObject({ record: text, author: text })
  }
})

test("T21 tagged values of the canonical form stand in the body as they are", () => {
  const after = canonicalJson({ bytes: new Uint8Array([1, 2]), nan: Number.NaN, zero: -0, big: 12n })
  expect(eventBody({ ...change, after })).toContain(`"after":${after},`)
})

test("T22 headers repeat the metadata, percent-encoded, in printable ASCII without space, comma, equals sign and braces", () => {
  expect(eventHeaders(change)).toEqual({
    "millrace-event-id": "ab12",
    "millrace-workspace": "sales",
    "millrace-collection": "datasets",
    "millrace-record": "sales.orders",
    "millrace-version": "3",
    "millrace-op": "update",
    "millrace-author": "ann%40example.org",
    "millrace-time": "2026-01-02T03%3A04%3A05.067Z",
  })
  for (const text of hostileTexts) {
    const record = eventHeaders({ ...change, id: text })["millrace-record"] ?? ""
    expect(record).toMatch(/^[A-Za-z0-9%_.!~*'()-]*$/)
    expect(decodeURIComponent(record)).toBe(text.replace("\ud83d ", "\ufffd "))
  }
})
