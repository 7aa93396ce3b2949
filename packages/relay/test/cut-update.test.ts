import { type SeededRandom, seededRandom } from "@millrace/testkit"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { cutUpdate } from "../src/room/cut-update.ts"
import { decodeUpdate } from "../src/room/decode-update.ts"

/** A workspace that several wrote at once, with everything that makes structs depend on each other. */
function history(random: SeededRandom): Y.Doc {
  const docs = Array.from({ length: 2 + random.int(4) }, () => {
    const doc = new Y.Doc({ gc: random.chance(0.5) })
    doc.clientID = 70_000 + random.int(2 ** 40)
    return doc
  })
  const meet = (): void => {
    for (const a of docs) for (const b of docs) Y.applyUpdate(a, Y.encodeStateAsUpdate(b, Y.encodeStateVector(a)))
  }
  for (let step = 0; step < 200; step++) {
    const doc = random.pick(docs)
    const text = doc.getText("t")
    const list = doc.getArray<unknown>("l")
    const at = random.int(text.length + 1)
    if (random.chance(0.5)) text.insert(at, "some words ".slice(0, 1 + random.int(10)))
    else if (at < text.length) text.delete(at, 1)
    if (random.chance(0.3)) list.insert(random.int(list.length + 1), [new Y.Map([["k", step]])])
    const nested = list.length > 0 ? list.get(random.int(list.length)) : undefined
    if (nested instanceof Y.Map) nested.set(`k${random.int(3)}`, "x".repeat(random.int(40)))
    if (random.chance(0.1) && list.length > 0) list.delete(0, 1)
    if (random.chance(0.05)) meet()
  }
  meet()
  return docs[0] ?? new Y.Doc()
}

test("R230 an update cut in pieces of any size is taken in piece by piece with nothing pending, and says the same in the end", () => {
  const random = seededRandom()
  for (let round = 0; round < 40; round++) {
    const doc = history(random)
    const whole = Y.encodeStateAsUpdate(doc)
    const pieces = cutUpdate(whole, 30 + random.int(whole.length))
    const fresh = new Y.Doc({ gc: doc.gc })
    for (const piece of pieces) {
      decodeUpdate(piece)
      Y.applyUpdate(fresh, piece)
      expect(fresh.store.pendingStructs).toBeNull()
      expect(fresh.store.pendingDs).toBeNull()
    }
    expect(Y.encodeStateVector(fresh)).toEqual(Y.encodeStateVector(doc))
    expect(fresh.getText("t").toJSON()).toBe(doc.getText("t").toJSON())
    expect(fresh.getArray("l").toJSON()).toEqual(doc.getArray("l").toJSON())
    expect(pieces.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(whole.length + pieces.length * 60)
  }
})

test("R230 long runs of elements and characters are divided, never within a character", () => {
  const doc = new Y.Doc()
  doc.clientID = 2 ** 40
  doc.getText("t").insert(0, "a👩‍🚀".repeat(300))
  doc.getArray("l").insert(
    0,
    Array.from({ length: 500 }, (_, n) => `${n} ${"x".repeat(50)}`),
  )
  const whole = Y.encodeStateAsUpdate(doc)
  for (const maxBytes of [50, 1000, 5000]) {
    const pieces = cutUpdate(whole, maxBytes)
    expect(pieces.length).toBeGreaterThan(whole.length / maxBytes / 3)
    const fresh = new Y.Doc()
    for (const piece of pieces) {
      Y.applyUpdate(fresh, piece)
      expect(fresh.store.pendingStructs).toBeNull()
    }
    expect(fresh.getText("t").toJSON()).toBe(doc.getText("t").toJSON())
    expect(fresh.getArray("l").toJSON()).toEqual(doc.getArray("l").toJSON())
    expect(Y.encodeStateAsUpdate(fresh)).toEqual(whole)
  }
})

test("R230 what is small, or one thing that cannot be divided, is left whole", () => {
  const doc = new Y.Doc()
  doc.getMap("m").set("k", "x".repeat(500))
  const whole = Y.encodeStateAsUpdate(doc)
  expect(cutUpdate(whole, 1000)).toEqual([whole])
  expect(cutUpdate(whole, 100)).toHaveLength(1)
})
