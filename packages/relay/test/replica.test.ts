import { type SeededRandom, seededRandom } from "@millrace/testkit"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { decodeUpdate } from "../src/room/decode-update.ts"
import { DeleteRanges } from "../src/room/delete-ranges.ts"
import { mergeAll } from "../src/room/merge.ts"
import { Replica } from "../src/room/replica.ts"

function edit(doc: Y.Doc, random: SeededRandom): void {
  const text = doc.getText("t")
  const list = doc.getArray<unknown>("list")
  switch (random.int(5)) {
    case 0:
      return text.insert(random.int(text.length + 1), random.pick(["a", "bcd", "é", "👍"]))
    case 1:
      return text.length > 2 ? text.delete(random.int(text.length - 2), 1 + random.int(2)) : text.insert(0, "xyz")
    case 2:
      return list.insert(random.int(list.length + 1), [JSON.stringify(["id", random.int(9)])])
    case 3:
      return list.length > 0 ? list.delete(random.int(list.length), 1) : list.push([new Y.Map([["k", 1]])])
    default:
      return void doc.getMap("m").set(random.pick(["a", "b"]), random.int(100))
  }
}

function contentOf(update: Uint8Array): { readonly state: string; readonly pending: boolean } {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update)
  const state = JSON.stringify([doc.getText("t"), doc.getArray("list"), doc.getMap("m")])
  return { state, pending: doc.store.pendingStructs !== null || doc.store.pendingDs !== null }
}

test("R3 state, clocks and deletions without a document say the same as a document, over random histories", () => {
  const random = seededRandom()
  for (let history = 0; history < 60; history++) {
    const replica = new Replica([])
    const truth = new Y.Doc()
    const docs = Array.from({ length: 3 }, () => new Y.Doc())
    for (const doc of docs) {
      doc.on("update", (update: Uint8Array, origin: unknown) => {
        if (origin === "relay") return
        const decoded = decodeUpdate(update)
        // Another replica may have deleted the same before: then a document is not changed by it either. A document also
        // deletes what loses a key of a map, which no update said, so here the first to say it is heard.
        let changed = false
        truth.once("update", () => (changed = true))
        Y.applyUpdate(truth, update)
        const verdict = replica.judge(decoded, false)
        if (changed) expect(verdict).toBe("new")
        else if (verdict === "new") expect(decoded.deletes.length).toBeGreaterThan(0)
        if (verdict === "new") replica.add(update, decoded)
        expect(replica.judge(decoded, false)).toBe("known")
      })
    }
    for (let step = 0; step < 60; step++) {
      const doc = random.pick(docs)
      if (random.chance(0.3)) Y.applyUpdate(doc, replica.diff(Y.encodeStateVector(doc)), "relay")
      else edit(doc, random)
    }
    expect(Y.decodeStateVector(replica.stateVector())).toEqual(Y.decodeStateVector(Y.encodeStateVector(truth)))
    const whole = replica.diff(new Uint8Array([0]))
    expect(contentOf(whole)).toEqual({ ...contentOf(Y.encodeStateAsUpdate(truth)), pending: false })
    for (const doc of docs) {
      Y.applyUpdate(doc, replica.diff(Y.encodeStateVector(doc)), "relay")
      expect(contentOf(Y.encodeStateAsUpdate(doc))).toEqual(contentOf(Y.encodeStateAsUpdate(truth)))
      const said = Y.encodeStateAsUpdate(doc)
      if (replica.judge(decodeUpdate(said), false) === "new") replica.add(said, decodeUpdate(said))
      expect(replica.judge(decodeUpdate(said), false)).toBe("known")
    }
    // Loaded again from the log it is the same.
    const again = new Replica([replica.diff(new Uint8Array([0]))])
    expect(again.stateVector()).toEqual(replica.stateVector())
    expect(again.judge(decodeUpdate(Y.encodeStateAsUpdate(truth)), false)).toBe("known")
  }
})

test("R16 joiners at one position with one state vector share one merge; a resumed one pays for what came since", () => {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on("update", (update: Uint8Array) => updates.push(update))
  for (let n = 0; n < 50; n++) doc.getArray("list").push([n])
  const replica = new Replica(updates.splice(0))
  const cold = new Uint8Array([0])
  expect(replica.diff(cold)).toBe(replica.diff(cold))
  const resumed = Y.encodeStateVector(doc)
  doc.getArray("list").push(["late"])
  for (const update of updates.splice(0)) replica.add(update, decodeUpdate(update))
  const late = replica.diff(resumed)
  expect(replica.diff(resumed)).toBe(late)
  expect(late.length).toBeLessThan(40)
  expect(replica.diff(Y.encodeStateVector(doc))).toEqual(new Uint8Array([0, 0]))
  expect(() => replica.diff(new Uint8Array([5, 1]))).toThrow(expect.objectContaining({ kind: "corrupt" }))
})

test("R16 many thousand small updates merge in good order and in time", () => {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on("update", (update: Uint8Array) => updates.push(update))
  for (let n = 0; n < 5000; n++) doc.getArray("list").push([n])
  const loaded = new Y.Doc()
  Y.applyUpdate(loaded, mergeAll(updates))
  expect(loaded.getArray("list").length).toBe(5000)
  expect(mergeAll([])).toEqual(new Uint8Array([0, 0]))
})

test("R3 deleted stretches agree with a plain set, over random ranges", () => {
  const random = seededRandom()
  for (let round = 0; round < 200; round++) {
    const ranges = new DeleteRanges()
    const plain = new Set<number>()
    for (let step = 0; step < 30; step++) {
      const clock = random.int(60)
      const end = clock + random.int(8)
      const range = { client: 1, clock, end }
      const all = Array.from({ length: end - clock }, (_, at) => clock + at)
      expect(ranges.has(range)).toBe(all.every((one) => plain.has(one)))
      if (random.chance(0.6)) {
        ranges.add(range)
        for (const one of all) plain.add(one)
        expect(ranges.has(range)).toBe(true)
      }
    }
    const said = new Set<number>()
    for (const { clock, end } of decodeUpdate(ranges.encodeUpdate()).deletes) {
      for (let one = clock; one < end; one++) said.add(one)
    }
    expect(said).toEqual(plain)
  }
})

test("R14 whatever passes the check of structure integrates into every document, over random mutations", () => {
  const random = seededRandom()
  for (let history = 0; history < 150; history++) {
    const source = new Y.Doc()
    source.clientID = 100_000
    const updates: Uint8Array[] = []
    source.on("update", (update: Uint8Array) => updates.push(update))
    for (let step = 0; step < 40; step++) edit(source, random)
    const replica = new Replica([])
    const kept: Uint8Array[] = []
    for (let frame = 0; frame < 200; frame++) {
      const update = Uint8Array.from(random.pick(updates))
      if (random.chance(0.8)) {
        for (let change = random.int(3); change >= 0; change--) update[random.int(update.length)] = random.int(256)
      }
      try {
        const decoded = decodeUpdate(update)
        if (replica.judge(decoded, false) !== "new") continue
        replica.add(update, decoded)
        kept.push(update)
      } catch (thrown) {
        expect(thrown).toMatchObject({ kind: "corrupt" })
      }
    }
    const loaded = new Y.Doc()
    for (const update of kept) Y.applyUpdate(loaded, update)
    expect(loaded.store.pendingStructs).toBeNull()
    expect(contentOf(replica.diff(new Uint8Array([0]))).pending).toBe(false)
  }
})

test("R14 an item that needs itself or a later one of its own client is corrupt, and one that needs what is absent a gap", () => {
  const doc = new Y.Doc()
  doc.clientID = 100_000
  doc.getText("t").insert(0, "a")
  const before = Y.encodeStateVector(doc)
  doc.getText("t").insert(1, "b")
  const honest = Y.encodeStateAsUpdate(doc, before)
  const decoded = decodeUpdate(honest)
  const replica = new Replica([])
  expect(replica.judge(decoded, false)).toBe("gap")
  const circular = {
    ...decoded,
    structs: [{ client: 100_000, clock: 0, end: 1, needs: [Y.createID(100_000, 0)] }],
  }
  expect(() => replica.judge(circular, false)).toThrow(expect.objectContaining({ kind: "corrupt" }))
  const mutual = {
    structs: [
      { client: 100_000, clock: 0, end: 1, needs: [Y.createID(200_000, 0)] },
      { client: 200_000, clock: 0, end: 1, needs: [Y.createID(100_000, 0)] },
    ],
    deletes: [],
  }
  expect(() => replica.judge(mutual, false)).toThrow(expect.objectContaining({ kind: "corrupt" }))
  const crossing = {
    structs: [
      { client: 100_000, clock: 0, end: 1, needs: [] },
      { client: 100_000, clock: 1, end: 2, needs: [Y.createID(200_000, 0)] },
      { client: 200_000, clock: 0, end: 1, needs: [Y.createID(100_000, 0)] },
    ],
    deletes: [],
  }
  expect(replica.judge(crossing, false)).toBe("new")
})
