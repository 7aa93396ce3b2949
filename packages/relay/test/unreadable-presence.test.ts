import * as encoding from "lib0/encoding"
import { expect, test } from "vitest"
import { AwarenessTable } from "../src/room/awareness.ts"

/** The payload of an awareness frame about clients 1, 2, ... with these states. */
function payload(...states: readonly Uint8Array[]): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, states.length)
    states.forEach((state, index) => {
      encoding.writeVarUint(encoder, index + 1)
      encoding.writeVarUint(encoder, 1)
      encoding.writeVarUint8Array(encoder, state)
    })
  })
}

const text = (json: string): Uint8Array => new TextEncoder().encode(json)

test.each([
  ["no UTF-8", Uint8Array.of(0x22, 0xff, 0x22)],
  ["no JSON", text("{")],
  ["nothing", new Uint8Array()],
])("R213 a presence that stock clients could not read is refused whole: %s", (_what, bad) => {
  const table = new AwarenessTable(8)
  expect(() => table.receive({}, payload(text("{}"), bad))).toThrow("no JSON text")
  expect(table.snapshot()).toBeUndefined()
})

test("R213 what clients can read is passed on", () => {
  const table = new AwarenessTable(8)
  expect(table.receive({}, payload(text('{"name":"é"}')))).toBeDefined()
  expect(table.snapshot()).toBeDefined()
})
