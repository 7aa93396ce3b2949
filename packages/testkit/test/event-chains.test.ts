import { expect, test } from "vitest"
import { checkEventChains, type SunkEvent } from "../src/event-chains.ts"

function event(version: number, op: string, before: unknown, after: unknown, eventId = `id${version}`): SunkEvent {
  const body = { after, before, collection: "datasets", eventId, op, record: "a/b", version }
  const headers = {
    "millrace-event-id": eventId,
    "millrace-collection": "datasets",
    "millrace-record": "a%2Fb",
    "millrace-version": String(version),
    "millrace-op": op,
  }
  return { headers, body: JSON.stringify(body) }
}

const one = event(1, "add", null, { x: 1 })
const two = event(2, "update", { x: 1 }, { x: 2 })
const three = event(3, "delete", { x: 2 }, null)

test("whole chains with repeats are fine", () => {
  const { problems, last, versions, repeats } = checkEventChains([one, two, one, two])
  expect(problems).toEqual([])
  expect(last).toEqual(new Map([["datasets a/b", { x: 2 }]]))
  expect(versions.get("datasets a/b")).toBe(2)
  expect(repeats).toBe(2)
  expect(checkEventChains([one, two, three]).last.size).toBe(0)
})

test("a gap, a torn chain, a wrong operation, a lying header and an id with two meanings are all found", () => {
  expect(checkEventChains([one, three]).problems.join()).toContain("version 3 where 2 was due")
  expect(checkEventChains([one, event(2, "update", { x: 9 }, { x: 2 })]).problems.join()).toContain("before is not")
  expect(checkEventChains([event(1, "update", null, { x: 1 })]).problems.join()).toContain("does not fit")
  expect(checkEventChains([{ ...one, headers: two.headers }]).problems.join()).toContain("header millrace-event-id")
  expect(checkEventChains([one, event(1, "add", null, { x: 7 })]).problems.join()).toContain("two different changes")
  expect(checkEventChains([two, one]).problems.join()).toContain("version 2 where 1 was due")
})
