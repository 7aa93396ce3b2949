import { expect, test } from "vitest"
import * as Y from "yjs"
import { kinds, mix, sendTo } from "./support/kinds.ts"

test("M75 undo and redo take back one's own writes of every kind, step by step", () => {
  const { tasks, records, type } = kinds(100_000)
  const undo = records.undo({ mergeWithinMs: 0 })
  const states: unknown[] = []
  const steps = [
    () => tasks.put("t", { title: "one", tags: ["a"], props: { k: "1" }, steps: ["x", "y"], notes: "hello" }),
    () => tasks.update("t", { title: "two" }),
    () => tasks.set("t", "tags").remove("a"),
    () => tasks.map("t", "props").set("k", "2"),
    () => tasks.list("t", "steps").move(0, 1),
    () => tasks.list("t", "steps").insert(1, "z"),
    () => type("t", 5, "!"),
    () => tasks.update("t", { notes: "help!" }),
    () => tasks.update("t", { tags: undefined }),
    () => tasks.delete("t"),
  ]
  for (const step of steps) {
    states.push(tasks.get("t"))
    step()
  }
  const last = tasks.get("t")
  for (const state of [...states].reverse()) {
    expect(undo.canUndo).toBe(true)
    expect(undo.undo()).toBe(true)
    expect(tasks.get("t")).toEqual(state)
  }
  expect([undo.canUndo, undo.undo()]).toEqual([false, false])
  for (const state of [...states.slice(1), last]) {
    expect(undo.redo()).toBe(true)
    expect(tasks.get("t")).toEqual(state)
  }
  expect(undo.canRedo).toBe(false)
})

test("M75 undo leaves what others wrote: over one's own edit, beside it, and to what one deleted", () => {
  const [a, b] = [kinds(100_001), kinds(100_002)]
  a.tasks.put("x", { title: "1", props: { g: "1" } })
  sendTo(a, b)
  const undo = a.records.undo({ mergeWithinMs: 0 })
  a.tasks.delete("x")
  b.tasks.map("x", "props").set("g", "5")
  mix(a, b)
  undo.undo()
  mix(a, b)
  expect(b.tasks.get("x")).toEqual({ title: "1", props: { g: "5" } })
  a.tasks.update("x", { title: "mine" })
  sendTo(a, b)
  b.tasks.update("x", { title: "theirs" })
  b.tasks.set("x", "tags").add("theirs")
  mix(a, b)
  undo.undo()
  mix(a, b)
  expect(a.tasks.get("x")).toEqual({ title: "theirs", props: { g: "5" }, tags: ["theirs"] })
  expect(a.tasks.canonical("x")).toBe(b.tasks.canonical("x"))
})

test("M75 steps merge within a time, end when asked, and listeners hear of each change", () => {
  const { tasks, records } = kinds(100_000)
  const own = { editor: true }
  const undo = records.undo({ origins: [own], mergeWithinMs: 60_000 })
  let told = 0
  const stop = undo.onChange(() => void told++)
  tasks.put("t", { title: "one" })
  tasks.update("t", { title: "two" })
  undo.endStep()
  records.transact(() => tasks.update("t", { title: "three" }), own)
  undo.endStep()
  records.transact(() => tasks.update("t", { title: "four" }), "somebody else's")
  expect(told).toBe(2)
  undo.undo()
  expect(tasks.get("t")).toEqual({ title: "four" })
  undo.undo()
  expect(tasks.get("t")).toBeUndefined()
  stop()
  undo.clear()
  expect([undo.canUndo, undo.canRedo]).toEqual([false, false])
  undo.destroy()
  undo.destroy()
  tasks.put("t", { title: "five" })
  expect(undo.canUndo).toBe(false)
})

test("M76 undoing the first keystroke leaves the text's beginning, and a step brings back what it deleted of it", () => {
  const [a, b] = [kinds(100_001), kinds(100_002)]
  a.tasks.put("t", { notes: "hello" })
  a.tasks.put("u", { notes: "hello" })
  sendTo(a, b)
  const undo = a.records.undo({ mergeWithinMs: 0 })
  a.records.transact(() => void a.type("t", 0, "oh "))
  undo.undo()
  expect(a.tasks.get("t")).toEqual({ notes: "hello" })
  a.tasks.update("u", { notes: "hell" })
  undo.undo()
  expect(a.tasks.get("u")).toEqual({ notes: "hello" })
  b.type("t", 5, "!")
  mix(a, b)
  expect(a.tasks.get("t")).toEqual({ notes: "hello!" })
  expect(b.tasks.get("u")).toEqual({ notes: "hello" })
})

test("M75 a merge that is applied with an origin is nobody's step", () => {
  const [a, b] = [kinds(100_001), kinds(100_002)]
  const undo = a.records.undo({ mergeWithinMs: 0 })
  b.tasks.put("t", { title: "theirs" })
  sendTo(b, a)
  expect(undo.canUndo).toBe(false)
  // Yjs gives a merge without one the origin null, which is not among ours either.
  b.tasks.update("t", { title: "theirs again" })
  Y.applyUpdate(a.doc, Y.encodeStateAsUpdate(b.doc))
  expect(undo.canUndo).toBe(false)
})
