import { waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { ScriptedState } from "./support/scripted-state.ts"
import { Stage } from "./support/stage.ts"

const place = { workspace: "w", binding: "all" }
const all = { name: "all", target: "sink", collections: ["notes"] }
const shared = { notes: { "*": { owner: "shared", onConflict: "ask" } } } as const

async function holds(stage: Stage, sink: ScriptedState, id: string, fields: object | undefined): Promise<void> {
  await waitFor(() => JSON.stringify(sink.get(id)) === JSON.stringify(fields), {
    what: `the target to hold ${JSON.stringify(fields)}`,
    everyMs: 2,
    detail: () => JSON.stringify([sink.get(id), stage.projector.report("w")]),
  })
  await stage.settled()
}

function fill(stage: Stage, count: number): void {
  for (let n = 0; n < count; n++) stage.writer.records.collection("notes").put(`n${n}`, { title: `t${n}` })
  stage.writer.push()
}

function erase(stage: Stage, count: number): void {
  stage.writer.records.transact(() => {
    for (let n = 0; n < count; n++) stage.writer.records.collection("notes").delete(`n${n}`)
  })
  stage.writer.push()
}

test("J210 two targets that rewrite each other's value trip the brake: the record stops, visibly, until a person edits it", async () => {
  const stage = new Stage()
  const upper = new ScriptedState({ name: "upper" })
  const lower = new ScriptedState({ name: "lower" })
  await stage.start({
    targets: [upper.target, lower.target],
    bindings: [
      {
        name: "a",
        target: "upper",
        collections: ["notes"],
        ownership: { notes: { "*": { owner: "shared", onConflict: "theirs" } } },
      },
      {
        name: "b",
        target: "lower",
        collections: ["notes"],
        ownership: { notes: { "*": { owner: "shared", onConflict: "theirs" } } },
      },
    ],
    observe: { a: {}, b: {} },
    limits: { maxRepeatedWrites: 3 },
  })
  stage.writer.put("x", "Mixed")
  await waitFor(() => upper.get("x") !== undefined && lower.get("x") !== undefined, { what: "both", everyMs: 2 })
  await stage.settled()
  // Each of them has a rule that puts its own spelling back whatever it is given.
  let rounds = 0
  const stopped = (): boolean => stage.projector.operations.parked("w").some(({ state }) => state === "oscillating")
  while (!stopped()) {
    if (++rounds > 40) throw new Error(`no brake: ${stage.relay.head("w")} entries`)
    for (const [binding, sink, spell] of [
      ["a", upper, (text: string) => text.toUpperCase()],
      ["b", lower, (text: string) => text.toLowerCase()],
    ] as const) {
      sink.edit("x", { title: spell(String(sink.get("x")?.["title"])) })
      await stage.projector.operations.resync({ workspace: "w", binding })
      await stage.idle()
    }
  }
  const [parked] = stage.projector.operations.parked("w")
  expect(parked?.reason).toMatch(/Oscillating: written \d+ times without a person/)
  expect(Object.values(stage.status().exceptions)).toContainEqual(expect.objectContaining({ kind: "parked" }))
  const quiet = stage.relay.head("w")
  for (let round = 0; round < 5; round++) {
    for (const binding of ["a", "b"]) await stage.projector.operations.resync({ workspace: "w", binding })
    await stage.idle()
  }
  expect(stage.relay.head("w")).toBe(quiet)
  stage.writer.pull()
  stage.writer.records.collection("notes").update("x", { title: "by a person" })
  stage.writer.push()
  await waitFor(() => stage.projector.operations.parked("w").length === 0, {
    what: "the brake to come off",
    everyMs: 2,
  })
})

test("J210 a target may change its own field as often as it likes", async () => {
  const stage = new Stage()
  const sink = new ScriptedState()
  await stage.start({
    targets: [sink.target],
    bindings: [{ ...all, ownership: { notes: { body: { owner: "target" } } } }],
    observe: { all: {} },
    limits: { maxAutomaticWrites: 3, maxRepeatedWrites: 3 },
  })
  stage.writer.put("x", "one")
  await holds(stage, sink, "x", { title: "one" })
  for (let run = 1; run <= 12; run++) {
    sink.edit("x", { body: run })
    await stage.projector.operations.resync(place)
    await stage.idle()
  }
  expect(stage.projector.operations.parked("w")).toEqual([])
  stage.writer.pull()
  expect(stage.writer.records.collection("notes").get("x")).toEqual({ body: 12, title: "one" })
})

test("J211 deletions above a share of a collection wait for a confirmation; all else goes on, and later ones wait again", async () => {
  const stage = new Stage()
  const sink = new ScriptedState()
  await stage.start({ targets: [sink.target], bindings: [all] })
  fill(stage, 100)
  await waitFor(() => sink.records.size === 100, { what: "all records", everyMs: 2 })
  await stage.settled()
  erase(stage, 60)
  stage.writer.put("new", "goes on")
  await holds(stage, sink, "new", { title: "goes on" })
  expect(sink.records.size).toBe(101)
  expect(stage.projector.operations.heldDeletions(place)).toEqual({ toDelete: 60, lost: 0 })
  const plan = await stage.projector.operations.plan(place)
  expect(plan.steps.filter(({ action }) => action === "held").length).toBe(60)
  await stage.projector.operations.confirm({ ...place, by: "ann" })
  await waitFor(() => sink.records.size === 41, {
    what: "the deletions",
    everyMs: 2,
    detail: () => String(sink.records.size),
  })
  await stage.settled()
  stage.writer.records.transact(() => {
    for (let n = 60; n < 95; n++) stage.writer.records.collection("notes").delete(`n${n}`)
  })
  stage.writer.push()
  await stage.idle()
  expect(sink.records.size).toBe(41)
})

test("J211 a few deletions go without asking", async () => {
  const stage = new Stage()
  const sink = new ScriptedState()
  await stage.start({ targets: [sink.target], bindings: [all] })
  fill(stage, 10)
  await waitFor(() => sink.records.size === 10, { what: "all records", everyMs: 2 })
  erase(stage, 5)
  await waitFor(() => sink.records.size === 5, { what: "the deletions", everyMs: 2 })
  await stage.settled()
})

test("J212 absence counts as a deletion only after a complete listing, and many absences wait for a confirmation", async () => {
  const stage = new Stage()
  const sink = new ScriptedState()
  await stage.start({
    targets: [sink.target],
    bindings: [{ ...all, ownership: shared, onDelete: "theirs" }],
    observe: { all: {} },
  })
  fill(stage, 20)
  await waitFor(() => sink.records.size === 20, { what: "all records", everyMs: 2 })
  await stage.settled()
  sink.remove("n3")
  sink.complete = false
  expect(await stage.projector.operations.resync(place)).toMatchObject({ complete: false, changed: 0 })
  sink.complete = true
  expect(await stage.projector.operations.resync(place)).toMatchObject({ complete: true, changed: 1 })
  await stage.idle()
  stage.writer.pull()
  expect(stage.writer.records.collection("notes").has("n3")).toBe(false)
  // An empty listing that claims to be complete is the commonest way to lose everything.
  sink.records.clear()
  expect(await stage.projector.operations.resync(place)).toMatchObject({ heldAbsences: 19, changed: 0 })
  await stage.idle()
  stage.writer.pull()
  expect([...stage.writer.records.collection("notes").ids()].length).toBe(19)
  await stage.projector.operations.confirm({ ...place, by: "ann" })
  await stage.idle()
  stage.writer.pull()
  expect([...stage.writer.records.collection("notes").ids()].length).toBe(0)
})

test("J213 a record that one side deleted and the other changed waits as a whole, and is kept as somebody chooses", async () => {
  const stage = new Stage()
  const sink = new ScriptedState()
  await stage.start({ targets: [sink.target], bindings: [{ ...all, ownership: shared }], observe: { all: {} } })
  for (const id of ["a", "b", "c", "d"]) stage.writer.put(id, "one")
  await waitFor(() => sink.records.size === 4, { what: "all records", everyMs: 2 })
  await stage.settled()
  for (const id of ["a", "b"]) {
    sink.edit(id, { title: "theirs" })
    stage.writer.delete(id)
  }
  for (const id of ["c", "d"]) sink.remove(id)
  await waitFor(() => stage.projector.operations.conflicts("w").length === 2, { what: "two conflicts", everyMs: 2 })
  await stage.projector.operations.resync(place)
  await stage.idle()
  const { operations } = stage.projector
  const conflicts = new Map(operations.conflicts("w").map((one) => [one.record, one]))
  expect([...conflicts.keys()].sort()).toEqual(["a", "b", "c", "d"])
  expect(sink.get("a")).toEqual({ title: "theirs" })
  const choices = { a: "ours", b: "theirs", c: "ours", d: "theirs" } as const
  for (const [record, choice] of Object.entries(choices)) {
    const one = conflicts.get(record)
    expect(one?.field).toBe("$record")
    await operations.resolve({
      workspace: "w",
      conflict: one?.id ?? "",
      choice,
      baseHash: one?.baseHash ?? "",
      by: "ann",
    })
  }
  await holds(stage, sink, "a", undefined)
  await holds(stage, sink, "c", { title: "one" })
  await stage.idle()
  stage.writer.pull()
  expect(stage.writer.records.collection("notes").get("b")).toEqual({ title: "theirs" })
  expect(stage.writer.records.collection("notes").has("d")).toBe(false)
  expect(sink.get("d")).toBeUndefined()
  expect(operations.conflicts("w")).toEqual([])
})

test("J214 adopt takes what a live target has as what both agree on; what others own is neither deleted nor fought over", async () => {
  const stage = new Stage()
  const sink = new ScriptedState()
  for (let n = 0; n < 5; n++) sink.edit(`t${n}`, { title: `theirs ${n}` })
  sink.edit("hook", { title: "made by a hook" }, "notes", "foreign")
  sink.edit("bad", { title: 7 })
  await stage.start({ targets: [sink.target], bindings: [{ ...all, ownership: shared }], observe: { all: {} } })
  stage.writer.put("mine", "ours")
  await holds(stage, sink, "mine", { title: "ours" })
  const sent = sink.taken.length
  const result = await stage.projector.operations.adopt(place, ({ id }) => id !== "t4")
  expect(result).toMatchObject({ adopted: 6, complete: true, refused: [{ id: "bad" }] })
  await stage.idle()
  stage.writer.pull()
  const notes = stage.writer.records.collection("notes")
  expect([...notes.ids()].sort()).toEqual(["hook", "mine", "t0", "t1", "t2", "t3"])
  expect(sink.taken.length).toBe(sent)
  // An edit of an adopted record goes out, one at the target comes back.
  stage.writer.put("t0", "edited")
  await holds(stage, sink, "t0", { title: "edited" })
  sink.edit("t1", { title: "edited there" })
  sink.edit("hook", { title: "changed by the hook" })
  await stage.projector.operations.resync(place)
  await stage.idle()
  stage.writer.pull()
  expect(notes.get("t1")).toEqual({ title: "edited there" })
  expect(notes.get("hook")).toEqual({ title: "changed by the hook" })
  stage.writer.delete("hook")
  await stage.idle()
  expect(sink.get("hook")).toEqual({ title: "changed by the hook" })
})

test("J215 drift says what the target changed and writes nothing, on neither side", async () => {
  const stage = new Stage()
  const sink = new ScriptedState()
  await stage.start({ targets: [sink.target], bindings: [all] })
  fill(stage, 3)
  await waitFor(() => sink.records.size === 3, { what: "all records", everyMs: 2 })
  await stage.settled()
  sink.edit("n0", { title: "vandal" })
  sink.remove("n1")
  const [calls, journal, head] = [sink.batches.length, stage.view.applied.seq, stage.relay.head("w")]
  const drift = await stage.projector.operations.drift(place)
  expect(drift.complete).toBe(true)
  expect(drift.records.map(({ id, state }) => [id, state])).toEqual([
    ["n0", "changed"],
    ["n1", "lost"],
  ])
  expect(drift.records[0]?.diff).toEqual([{ field: "title", before: '"t0"', after: '"vandal"' }])
  await stage.idle()
  expect([sink.batches.length, stage.view.applied.seq, stage.relay.head("w")]).toEqual([calls, journal, head])
  await stage.projector.operations.resync(place)
  await holds(stage, sink, "n0", { title: "t0" })
  await holds(stage, sink, "n1", { title: "t1" })
})
