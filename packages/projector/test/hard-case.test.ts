import { resolutionsOf } from "@millrace/model"
import type { ConflictPolicy } from "@millrace/target"
import { waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { ScriptedState } from "./support/scripted-state.ts"
import { Stage } from "./support/stage.ts"
import type { Writer } from "./support/writer.ts"

const place = { workspace: "w", binding: "all" }
const base = "two people and we"
const theirs = "two people and theirs"
const ours = "three people and we"

interface Played {
  readonly stage: Stage
  readonly sink: ScriptedState
  readonly bob: Writer
}

/**
 * The hard case: a field is changed at the target and written back; only then a browser that was offline all the time
 * returns with its own, older edit of that field.
 */
async function play(onConflict: ConflictPolicy): Promise<Played> {
  const stage = new Stage()
  const sink = new ScriptedState()
  await stage.start({
    targets: [sink.target],
    bindings: [
      {
        name: "all",
        target: "sink",
        collections: ["notes"],
        ownership: { notes: { "*": { owner: "shared", onConflict } } },
      },
    ],
    observe: { all: {} },
  })
  stage.writer.put("a", base, "text")
  stage.writer.put("b", "other")
  await holds(stage, sink, "a", { body: "text", title: base })
  const bob = stage.newWriter("bob")
  bob.pull()
  bob.records.collection("notes").update("a", { title: ours })
  sink.edit("a", { title: theirs })
  await stage.projector.operations.resync(place)
  await waitFor(
    () => {
      stage.writer.pull()
      return stage.writer.records.collection("notes").get("a")?.["title"] === theirs
    },
    { what: "the write-back", everyMs: 2 },
  )
  await stage.settled()
  bob.push()
  return { stage, sink, bob }
}

async function holds(stage: Stage, sink: ScriptedState, id: string, fields: object): Promise<void> {
  await waitFor(() => JSON.stringify(sink.get(id)) === JSON.stringify(fields), {
    what: `the target to hold ${JSON.stringify(fields)}`,
    everyMs: 2,
    detail: () =>
      JSON.stringify([sink.get(id), stage.projector.report("w"), stage.projector.operations.conflicts("w")]),
  })
  await stage.settled()
}

async function shows(stage: Stage, title: string): Promise<void> {
  await waitFor(
    () => {
      stage.writer.pull()
      return stage.writer.records.collection("notes").get("a")?.["title"] === title
    },
    {
      what: `the document to say ${title}`,
      everyMs: 2,
      detail: () => String(stage.writer.records.collection("notes").get("a")?.["title"]),
    },
  )
}

async function disputed(stage: Stage): Promise<ReturnType<typeof stage.projector.operations.conflicts>[number]> {
  await waitFor(() => stage.projector.operations.conflicts("w").length === 1, {
    what: "the conflict",
    everyMs: 2,
    detail: () => JSON.stringify(stage.projector.report("w")),
  })
  await stage.settled()
  const [conflict] = stage.projector.operations.conflicts("w")
  if (conflict === undefined) throw new Error("no conflict")
  return conflict
}

const decided: readonly (readonly [ConflictPolicy, string])[] = [
  ["ours", ours],
  ["theirs", theirs],
  ["text-merge", "three people and theirs"],
]

test.each(decided)(
  "J206 a person's older edit comes after a write-back that it had not seen, policy %s: both sides get what it says",
  async (policy, outcome) => {
    const { stage, sink } = await play(policy)
    await holds(stage, sink, "a", { body: "text", title: outcome })
    await shows(stage, outcome)
    await stage.settled()
    expect(await stage.projector.operations.resync(place)).toMatchObject({ changed: 0 })
    expect(stage.projector.operations.conflicts("w")).toEqual([])
  },
)

test.each(["ask", "union"] as const)(
  "J206 the same with policy %s of texts: base, ours and theirs are shown, nothing is overwritten, all else goes on",
  async (policy) => {
    const { stage, sink } = await play(policy)
    const conflict = await disputed(stage)
    expect(conflict).toMatchObject({
      record: "a",
      field: "title",
      base: JSON.stringify(base),
      ours: JSON.stringify(ours),
      theirs: JSON.stringify(theirs),
    })
    await shows(stage, ours)
    expect(sink.get("a")).toEqual({ body: "text", title: theirs })
    stage.writer.records.collection("notes").update("a", { body: "more" })
    stage.writer.put("b", "goes on")
    await holds(stage, sink, "b", { title: "goes on" })
    await holds(stage, sink, "a", { body: "more", title: theirs })
  },
)

test("J207 keep ours ends a conflict: the answer is in $resolutions, since it changes no field", async () => {
  const { stage, sink } = await play("ask")
  const { id, baseHash } = await disputed(stage)
  const bob = stage.newWriter("bob")
  bob.pull()
  resolutionsOf(bob.doc).set(id, { choice: "ours", baseHash, by: "bob" })
  bob.push()
  await holds(stage, sink, "a", { body: "text", title: ours })
  await shows(stage, ours)
  expect(stage.projector.operations.conflicts("w")).toEqual([])
  // The answer is taken off the document once it is carried out, and nothing comes up again.
  await waitFor(
    () => {
      bob.pull()
      return resolutionsOf(bob.doc).size === 0
    },
    { what: "the answer to go", everyMs: 2 },
  )
  expect(await stage.projector.operations.resync(place)).toMatchObject({ changed: 0 })
  expect(stage.status().exceptions).toEqual({})
})

test("J207 theirs and a value of one's own end it too; an answer to other values than the present ones is not taken", async () => {
  const { stage, sink } = await play("ask")
  const first = await disputed(stage)
  stage.writer.pull()
  stage.writer.records.collection("notes").update("a", { title: "newer ours" })
  stage.writer.push()
  await waitFor(() => stage.projector.operations.conflicts("w")[0]?.ours === '"newer ours"', {
    what: "the newer value",
    everyMs: 2,
  })
  const { operations } = stage.projector
  const stale = operations.resolve({
    workspace: "w",
    conflict: first.id,
    choice: "theirs",
    baseHash: first.baseHash,
    by: "ann",
  })
  await expect(stale).rejects.toMatchObject({ kind: "conflict" })
  const { id, baseHash } = await disputed(stage)
  await operations.resolve({
    workspace: "w",
    conflict: id,
    choice: "value",
    value: '"agreed"',
    baseHash,
    by: "ann",
    key: "k",
  })
  await holds(stage, sink, "a", { body: "text", title: "agreed" })
  await shows(stage, "agreed")
  await operations.resolve({
    workspace: "w",
    conflict: id,
    choice: "value",
    value: '"agreed"',
    baseHash,
    by: "ann",
    key: "k",
  })
  expect(operations.conflicts("w")).toEqual([])
})

test("J208 a write-back is left to the next life when the projector dies between journal and document", async () => {
  const { stage, sink } = await play("theirs")
  await shows(stage, theirs)
  await stage.settled()
  const before = stage.relay.head("w")
  // The journal has the decision; the document never hears of it.
  const document = stage.relay.loseWrites("w")
  sink.edit("a", { title: "lost on its way" })
  await stage.projector.operations.resync(place)
  expect(stage.relay.head("w")).toBe(before)
  await stage.stop()
  document.restore()
  await stage.start({
    targets: [sink.target],
    bindings: [
      {
        name: "all",
        target: "sink",
        collections: ["notes"],
        ownership: { notes: { "*": { owner: "shared", onConflict: "theirs" } } },
      },
    ],
    observe: { all: {} },
  })
  await shows(stage, "lost on its way")
  await stage.settled()
  expect(sink.get("a")?.["title"]).toBe("lost on its way")
})
