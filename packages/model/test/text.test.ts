import { expect, test } from "vitest"
import * as Y from "yjs"
import { firstSeedClientId, seedClientOf } from "../src/seed-client.ts"
import { makeSay } from "../src/text-store.ts"
import { putSeedText } from "../src/yjs-bag.ts"
import { kinds, mix, sendTo } from "./support/kinds.ts"
import { baseSeed, Seeded } from "./support/seeded.ts"

test("M66 a text is a string until somebody types; two who type offline have one text, and their editors stay bound", () => {
  const [a, b] = [kinds(100_001), kinds(100_002)]
  a.tasks.put("t", { notes: "hello" })
  sendTo(a, b)
  expect(a.tasks.typedText("t", "notes")).toBeUndefined()
  expect(a.doc.getMap("$texts").size).toBe(0)
  const inA = a.type("t", 5, " A")
  const inB = b.type("t", 0, "B ")
  mix(a, b)
  expect([a.tasks.get("t"), b.tasks.get("t")]).toEqual([{ notes: "B hello A" }, { notes: "B hello A" }])
  b.type("t", 0, "!")
  mix(a, b)
  expect([inA.toJSON(), inB.toJSON()]).toEqual(["!B hello A", "!B hello A"])
  expect(a.tasks.text("t", "notes")).toBe(inA)
})

test("M66 a text begins with the very structs that a document of its own would make, under an id above all others", () => {
  const doc = new Y.Doc()
  const client = seedClientOf(["key", "héllo 🥐"])
  expect(client).toBeGreaterThanOrEqual(firstSeedClientId)
  expect(Number.isSafeInteger(client)).toBe(true)
  doc.transact((transaction) => void putSeedText(transaction, doc.getMap("$texts"), "key", client, "héllo 🥐"), "test")
  const scratch = new Y.Doc()
  scratch.clientID = client
  scratch.getMap("$texts").set("key", new Y.Text("héllo 🥐"))
  expect(Y.encodeStateAsUpdate(doc)).toEqual(Y.encodeStateAsUpdate(scratch))
  const before = Y.encodeStateAsUpdate(doc)
  doc.transact((transaction) => void putSeedText(transaction, doc.getMap("$texts"), "key", client, "héllo 🥐"), "test")
  expect(Y.encodeStateAsUpdate(doc)).toEqual(before)
  expect(doc.clientID).not.toBe(client)
})

test("M67 a delete empties the text that it saw; what was typed meanwhile is listed, and typing goes on after undo", () => {
  const [a, b] = [kinds(100_001), kinds(100_002)]
  a.tasks.put("t", { notes: "hello" })
  a.type("t", 5, "!")
  sendTo(a, b)
  const undo = a.records.undo({ mergeWithinMs: 0 })
  a.tasks.delete("t")
  b.type("t", 0, "typed ")
  mix(a, b)
  expect(a.tasks.get("t")).toBeUndefined()
  expect(a.tasks.editsAfterDelete("t")).toMatchObject([{ field: "notes", value: "typed " }])
  undo.undo()
  mix(a, b)
  expect(b.tasks.get("t")).toEqual({ notes: "typed hello!" })
  expect(b.tasks.editsAfterDelete("t")).toEqual([])
  b.type("t", 0, "again ")
  mix(a, b)
  expect(a.tasks.get("t")).toEqual({ notes: "again typed hello!" })
})

test("M67 a removed text shows what was typed without knowing of the removal, and begins empty for who knows", () => {
  const [a, b] = [kinds(100_001), kinds(100_002)]
  a.tasks.put("t", { notes: "hello" })
  a.tasks.put("u", { notes: "hello" })
  a.type("t", 5, "!")
  mix(a, b)
  a.tasks.update("t", { notes: undefined })
  a.tasks.update("u", { notes: undefined })
  b.type("t", 0, "typed ")
  expect([a.tasks.get("t"), a.tasks.get("u")]).toEqual([{}, {}])
  mix(a, b)
  expect(a.tasks.get("t")).toEqual({ notes: "typed " })
  a.type("u", 0, "anew")
  expect(a.tasks.get("u")).toEqual({ notes: "anew" })
  a.tasks.update("u", { notes: undefined })
  a.tasks.update("u", { notes: "given" })
  mix(a, b)
  expect(b.tasks.get("u")).toEqual({ notes: "given" })
})

test("M68 two creations have two texts: the winner's is shown, the other listed until settled", () => {
  const [a, b] = [kinds(100_001), kinds(100_002)]
  a.tasks.put("t", { notes: "from a" })
  b.tasks.put("t", { notes: "from b" })
  a.type("t", 0, "typed ")
  b.type("t", 0, "written ")
  mix(a, b)
  const shown = a.tasks.get("t")?.notes
  expect(shown).toBe(b.tasks.get("t")?.notes)
  const [dispute] = a.tasks.concurrent("t")
  expect(new Set(dispute?.candidates.map(({ value }) => value))).toEqual(new Set(["typed from a", "written from b"]))
  const other = dispute?.candidates.find(({ value }) => value !== shown)
  a.tasks.choose("t", { field: "notes", element: null, part: "value" }, other ?? { value: "" })
  mix(a, b)
  expect(b.tasks.get("t")?.notes).toBe(other?.value)
  expect(b.tasks.concurrent("t")).toEqual([])
  b.type("t", 0, "more ")
  mix(a, b)
  expect(a.tasks.get("t")?.notes).toBe(`more ${other?.value as string}`)
})

test("M69 a text that is given as a whole changes by the letters that differ, never by halves of one", () => {
  const [a, b] = [kinds(100_001), kinds(100_002)]
  a.tasks.put("t", { notes: "one two three" })
  sendTo(a, b)
  a.tasks.update("t", { notes: "one 2 three" })
  b.type("t", 13, " four")
  mix(a, b)
  expect(a.tasks.get("t")).toEqual({ notes: "one 2 three four" })
  expect(a.tasks.update("t", { notes: "one 2 three four" })).toBe(false)
  const random = new Seeded(baseSeed())
  const letters = ["a", "b", "🥐", "🥖", "é", "\ud83e"]
  const text = new Y.Doc().getText("t")
  const steps: unknown[] = []
  text.observe(({ delta }) => void steps.push(...delta))
  for (let round = 0; round < 300; round++) {
    const wanted = Array.from({ length: random.below(6) }, () => random.pick(letters)).join("")
    const old = text.toJSON()
    makeSay(text, wanted)
    // Half a character alone is not stored by Yjs; whole ones are never cut.
    if (!/[\ud800-\udbff](?![\udc00-\udfff])/.test(wanted + old)) expect(text.toJSON()).toBe(wanted)
    if (/[\ud800-\udbff](?![\udc00-\udfff])/.test(text.toJSON())) makeSay(text, "")
  }
})

test("M70 typing changes its record, touches it, and raw updates of it name it", () => {
  const [a, b] = [kinds(100_001), kinds(100_002)]
  a.tasks.put("t", { notes: "hello" })
  sendTo(a, b)
  const told: unknown[] = []
  b.records.onChange(
    (changes) => void told.push(changes.map(({ op, id, before, after, local }) => ({ op, id, before, after, local }))),
  )
  const updates: Uint8Array[] = []
  a.doc.on("update", (update: Uint8Array) => void updates.push(update))
  a.type("t", 5, "!")
  a.type("t", 0, "", 2)
  for (const update of updates) Y.applyUpdate(b.doc, update, "network")
  const change = (before: string, after: string): unknown[] => [
    { op: "update", id: "t", before: { notes: before }, after: { notes: after }, local: false },
  ]
  expect(told).toEqual([change("hello", "hello!"), change("hello!", "llo!")])
  expect(updates).toHaveLength(3)
  for (const update of updates.slice(0, 2)) {
    expect(b.records.namedIn([update]).records).toEqual([{ collection: "tasks", id: "t" }])
  }
  expect(b.records.namedIn([updates[2] ?? new Uint8Array()]).unresolvedDeletes).toBe(2)
})
