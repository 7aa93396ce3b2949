import { seededRandom } from "@millrace/testkit"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { Compaction, NotCompactable } from "../src/compact/compact-updates.ts"
import { differenceOf, factsOf } from "../src/compact/document-facts.ts"
import { decodeSnapshot, encodeSnapshot } from "../src/compact/snapshot-form.ts"

function docOf(...updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc
}

/** Every kind of content, some of it deleted, by two clients. */
function manifold(): readonly Uint8Array[] {
  const docs = [new Y.Doc(), new Y.Doc()] as const
  docs[0].clientID = 70_000
  docs[1].clientID = Number.MAX_SAFE_INTEGER
  const updates: Uint8Array[] = []
  for (const doc of docs)
    doc.on("update", (update: Uint8Array, origin) => void (origin === null && updates.push(update)))
  const [a, b] = docs
  a.getText("t").insert(0, "hello wörld 👩‍🚀")
  a.getText("t").format(0, 5, { bold: true })
  a.getText("t").insertEmbed(2, { image: "x" })
  Y.applyUpdate(b, Y.encodeStateAsUpdate(a), "sync")
  b.getText("t").delete(3, 4)
  b.getText("t").insert(3, "inserted")
  b.getArray("l").push([1, "two", { three: [3] }, new Uint8Array([4]), new Y.Map([["k", new Y.Array()]])])
  b.getArray("l").delete(1, 2)
  b.getMap("m").set("x", 1)
  b.getMap("m").set("x", 2)
  Y.applyUpdate(a, Y.encodeStateAsUpdate(b), "sync")
  a.getMap("m").set("y", new Y.XmlElement("p"))
  a.getXmlFragment("f").push([new Y.XmlElement("q"), new Y.XmlText("text")])
  a.getMap("m").delete("y")
  return updates
}

test("R407 a snapshot gives the document that its log gives, whatever the log holds and however it was cut into entries", () => {
  const random = seededRandom()
  const updates = manifold()
  const whole = docOf(...updates)
  for (let round = 0; round < 20; round++) {
    const compaction = new Compaction()
    let rest = round % 2 === 0 ? [...updates] : random.shuffle(updates)
    while (rest.length > 0) {
      const count = 1 + random.int(rest.length)
      compaction.add(rest.slice(0, count))
      rest = rest.slice(count)
    }
    const { update, stateVector, deletes } = decodeSnapshot(compaction.finish())
    const loaded = docOf(update)
    expect(differenceOf(factsOf(whole), factsOf(loaded))).toBeUndefined()
    for (const name of ["t", "l", "m", "f"]) loaded.get(name)
    expect(loaded.getText("t").toDelta()).toEqual(whole.getText("t").toDelta())
    expect(loaded.getArray("l").toJSON()).toEqual(whole.getArray("l").toJSON())
    expect(stateVector).toEqual(factsOf(whole).stateVector)
    expect(deletes).toEqual(factsOf(whole).deletes)
  }
})

test("R407 the comparison sees what is missing, more, changed, undeleted or out of its place", () => {
  const updates = manifold()
  const facts = factsOf(docOf(...updates))
  const merged = Y.mergeUpdates([...updates])
  expect(differenceOf(facts, factsOf(docOf(merged)))).toBeUndefined()
  for (let left = 0; left < updates.length; left++) {
    const others = updates.filter((_, at) => at !== left)
    expect([left, differenceOf(facts, factsOf(docOf(...others)))]).not.toEqual([left, undefined])
  }
  const more = docOf(merged)
  more.clientID = 90_000
  more.getMap("m").set("z", 1)
  expect(differenceOf(facts, factsOf(more))).toBe("the state vectors differ")
  const deleted = docOf(merged)
  deleted.getMap("m").delete("x")
  expect(differenceOf(facts, factsOf(deleted))).toBe("the deletions differ")
  // Same clocks and deletions, but another letter, another parent, another place.
  const letters = (text: string, root = "t", at = 0): Y.Doc => {
    const doc = new Y.Doc()
    doc.clientID = 70_000
    doc.getText("t").insert(0, "base")
    doc.getText(root).insert(at, text)
    return doc
  }
  const base = factsOf(letters("abc"))
  expect(differenceOf(base, factsOf(letters("abc")))).toBeUndefined()
  for (const other of [letters("abd"), letters("abc", "u"), letters("abc", "t", 2)]) {
    expect(differenceOf(base, factsOf(other))).toBe("the contents differ")
  }
})

test("R407 a log that lacks what an entry needs, or holds an entry that does not apply, does not compact", () => {
  const updates = manifold()
  const gap = new Compaction()
  gap.add(updates.slice(1))
  expect(() => gap.finish()).toThrow(NotCompactable)
  const garbage = new Compaction()
  expect(() => garbage.add([new Uint8Array([1, 2, 3, 4, 5])])).toThrow(NotCompactable)
})

test("R407 a snapshot of a later form is unsupported, and bytes that are none are corrupt", () => {
  const parts = { stateVector: new Uint8Array([0]), deletes: new Uint8Array([0, 0]), update: new Uint8Array([0, 0]) }
  const payload = encodeSnapshot(parts)
  expect(decodeSnapshot(payload)).toEqual(parts)
  expect(() => decodeSnapshot(new Uint8Array())).toThrow(expect.objectContaining({ kind: "corrupt" }))
  expect(() => decodeSnapshot(payload.subarray(0, 3))).toThrow(expect.objectContaining({ kind: "corrupt" }))
  payload[0] = 2
  expect(() => decodeSnapshot(payload)).toThrow(expect.objectContaining({ kind: "unsupported" }))
})
