import type { ConflictPolicy, Ownership } from "@millrace/target"
import { waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { ScriptedState } from "./support/scripted-state.ts"
import { Stage } from "./support/stage.ts"

const place = { workspace: "w", binding: "all" }

function sharedBy(onConflict: ConflictPolicy): Ownership {
  return { notes: { title: { owner: "shared", onConflict }, body: { owner: "shared", onConflict } } }
}

async function staged(
  ownership: Ownership,
  scripted = new ScriptedState(),
): Promise<{ stage: Stage; sink: ScriptedState }> {
  const stage = new Stage()
  await stage.start({
    targets: [scripted.target],
    bindings: [{ name: "all", target: "sink", collections: ["notes"], ownership }],
    observe: { all: {} },
  })
  return { stage, sink: scripted }
}

/** Waits until the projector has nothing to do and the document says so. */
async function document(stage: Stage, id: string, fields: object | undefined): Promise<void> {
  await waitFor(
    () => {
      stage.writer.pull()
      return JSON.stringify(stage.writer.records.collection("notes").get(id)) === JSON.stringify(fields)
    },
    {
      what: `the document to hold ${JSON.stringify(fields)}`,
      everyMs: 2,
      detail: () => JSON.stringify(stage.writer.records.collection("notes").get(id)),
    },
  )
  await stage.settled()
}

async function target(stage: Stage, sink: ScriptedState, id: string, fields: object | undefined): Promise<void> {
  await waitFor(() => JSON.stringify(sink.get(id)) === JSON.stringify(fields), {
    what: `the target to hold ${JSON.stringify(fields)}`,
    everyMs: 2,
    detail: () =>
      JSON.stringify([sink.get(id), stage.projector.report("w"), stage.projector.operations.conflicts("w")]),
  })
  await stage.settled()
}

test("J200 what the target changes in a shared field is written onto the document, and is not sent back to it", async () => {
  const { stage, sink } = await staged(sharedBy("ask"))
  stage.writer.put("a", "one", "text")
  await target(stage, sink, "a", { body: "text", title: "one" })
  const sent = sink.taken.length
  sink.edit("a", { title: "theirs" })
  await stage.projector.operations.resync(place)
  await document(stage, "a", { body: "text", title: "theirs" })
  expect(sink.taken.length).toBe(sent)
  expect(stage.relay.log("w").at(-1)?.author).toBe("projector")
  // Once more nothing is found.
  expect(await stage.projector.operations.resync(place)).toMatchObject({ changed: 0, complete: true })
})

test("J201 a target that normalises is written to once: what was read back is compared with what is read back", async () => {
  const sink = new ScriptedState({
    normalise: (fields) => ({ ...fields, title: String(fields["title"]).trim().toLowerCase() }),
  })
  const { stage } = await staged(sharedBy("ask"), sink)
  stage.writer.put("a", "  LOUD ")
  await target(stage, sink, "a", { title: "loud" })
  for (let round = 0; round < 20; round++) {
    expect(await stage.projector.operations.resync(place)).toMatchObject({ changed: 0 })
  }
  expect(sink.taken.length).toBe(1)
  expect(stage.relay.head("w")).toBe(1)
})

test("J202 both sides changed different fields: both arrive on both sides", async () => {
  const { stage, sink } = await staged(sharedBy("ask"))
  stage.writer.put("a", "one", "text")
  await target(stage, sink, "a", { body: "text", title: "one" })
  sink.edit("a", { title: "theirs" })
  stage.writer.put("a", "one", "ours")
  await target(stage, sink, "a", { body: "ours", title: "theirs" })
  await document(stage, "a", { body: "ours", title: "theirs" })
  expect(stage.projector.operations.conflicts("w")).toEqual([])
})

test("J203 a field that people own is put back, one that the target owns comes back", async () => {
  const { stage, sink } = await staged({ notes: { title: { owner: "app" }, body: { owner: "target" } } })
  stage.writer.put("a", "one", "typed")
  await target(stage, sink, "a", { title: "one" })
  sink.edit("a", { title: "vandal", body: "state 1" })
  await stage.projector.operations.resync(place)
  await target(stage, sink, "a", { body: "state 1", title: "one" })
  await document(stage, "a", { body: "state 1", title: "one" })
  stage.writer.put("a", "one", "typed again")
  await document(stage, "a", { body: "state 1", title: "one" })
  expect(sink.get("a")).toEqual({ body: "state 1", title: "one" })
})

const bothCases: readonly (readonly [ConflictPolicy, string])[] = [
  ["ours", "person"],
  ["theirs", "theirs"],
  ["text-merge", "three people and theirs"],
]

test.each(bothCases)(
  "J204 both changed one field, policy %s: the policy decides, on both sides",
  async (policy, outcome) => {
    const isText = policy === "text-merge"
    const { stage, sink } = await staged(sharedBy(policy))
    stage.writer.put("a", isText ? "two people and we" : "one")
    await target(stage, sink, "a", { title: isText ? "two people and we" : "one" })
    sink.edit("a", { title: isText ? "two people and theirs" : "theirs" })
    stage.writer.put("a", isText ? "three people and we" : "person")
    await target(stage, sink, "a", { title: outcome })
    await document(stage, "a", { title: outcome })
    expect(stage.projector.operations.conflicts("w")).toEqual([])
  },
)

test("J204 both changed one field, policy union: lists keep what either has and neither took away", async () => {
  const { stage, sink } = await staged(sharedBy("union"))
  stage.writer.put("a", "one", ["a", "b", "c"])
  await target(stage, sink, "a", { body: ["a", "b", "c"], title: "one" })
  sink.edit("a", { body: ["b", "c", "x"] })
  stage.writer.put("a", "one", ["a", "b", "y"])
  await target(stage, sink, "a", { body: ["b", "x", "y"], title: "one" })
  await document(stage, "a", { body: ["b", "x", "y"], title: "one" })
})

test("J205 policy ask: the field alone waits, with base, ours and theirs; everything else goes on", async () => {
  const { stage, sink } = await staged(sharedBy("ask"))
  stage.writer.put("a", "one", "text")
  stage.writer.put("b", "other")
  await target(stage, sink, "b", { title: "other" })
  sink.edit("a", { title: "theirs" })
  stage.writer.put("a", "ours", "new text")
  stage.writer.put("b", "other 2")
  await target(stage, sink, "b", { title: "other 2" })
  await target(stage, sink, "a", { body: "new text", title: "theirs" })
  await document(stage, "a", { body: "new text", title: "ours" })
  expect(stage.projector.operations.conflicts("w")).toEqual([
    expect.objectContaining({ record: "a", field: "title", base: '"one"', ours: '"ours"', theirs: '"theirs"' }),
  ])
  expect(stage.projector.report("w").targets[0]?.bindings[0]).toMatchObject({ conflicts: 1, synced: 1, pending: 0 })
  const exception = stage.status().exceptions[JSON.stringify(["sink", "all", "notes", "a"])]
  expect(exception).toMatchObject({ kind: "conflict", conflicts: [{ field: "title", theirs: '"theirs"' }] })
})
