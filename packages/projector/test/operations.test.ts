import type { Receipt } from "@millrace/target"
import { waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { releaseTable } from "../src/operations/releases.ts"
import { acceptAll, memoryLogTarget } from "./support/memory-target.ts"
import { ScriptedState } from "./support/scripted-state.ts"
import { Stage } from "./support/stage.ts"

const place = { workspace: "w", binding: "all" }
const all = { name: "all", target: "sink", collections: ["notes"] }
const published = { ...all, mode: "published" } as const

async function holds(stage: Stage, sink: ScriptedState, id: string, fields: object | undefined): Promise<void> {
  await waitFor(() => JSON.stringify(sink.get(id)) === JSON.stringify(fields), {
    what: `the target to hold ${JSON.stringify(fields)}`,
    everyMs: 2,
    detail: () => JSON.stringify([sink.get(id), stage.projector.report("w")]),
  })
  await stage.idle()
}

test("J220 of a published binding nothing is sent before somebody approved a plan, and a stale plan is refused", async () => {
  const stage = new Stage()
  const sink = new ScriptedState()
  await stage.start({ targets: [sink.target], bindings: [published] })
  const { operations } = stage.projector
  stage.writer.put("a", "one")
  stage.writer.put("b", "two")
  await stage.idle()
  expect(sink.batches).toEqual([])
  expect(stage.projector.report("w").targets[0]?.bindings[0]).toMatchObject({ draft: 2, synced: 0, watermark: 0 })
  const stale = await operations.plan(place)
  expect(stale).toMatchObject({ mode: "published", release: 0 })
  expect(stale.steps.map(({ id, action }) => [id, action])).toEqual([
    ["a", "create"],
    ["b", "create"],
  ])
  stage.writer.put("a", "typed meanwhile")
  await stage.idle()
  await expect(operations.publish({ ...place, plan: stale.id, by: "ann" })).rejects.toMatchObject({ kind: "conflict" })
  const plan = await operations.plan(place)
  expect(await operations.publish({ ...place, plan: plan.id, by: "ann", note: "first", key: "k1" })).toBe(1)
  await holds(stage, sink, "a", { title: "typed meanwhile" })
  expect(sink.batches[0]?.release).toEqual({ number: 1, approvedBy: "ann" })
  expect(stage.projector.report("w").targets[0]?.bindings[0]).toMatchObject({ draft: 0, synced: 2 })
  // The same key again is the same release.
  expect(await operations.publish({ ...place, plan: plan.id, by: "ann", note: "first", key: "k1" })).toBe(1)
  expect(operations.releases(place)).toMatchObject([{ number: 1, by: "ann", note: "first", state: "applied" }])
})

test("J221 a roll-back brings an earlier release's content back as a release of its own, deletions and new records included", async () => {
  const stage = new Stage()
  const sink = new ScriptedState()
  await stage.start({ targets: [sink.target], bindings: [published] })
  const { operations } = stage.projector
  const release = async (): Promise<number> =>
    operations.publish({ ...place, plan: (await operations.plan(place)).id, by: "ann" })
  stage.writer.put("a", "a1")
  stage.writer.put("b", "b1")
  await stage.idle()
  await release()
  await holds(stage, sink, "b", { title: "b1" })
  stage.writer.put("a", "a2")
  stage.writer.delete("b")
  stage.writer.put("c", "c1")
  await stage.idle()
  await release()
  await holds(stage, sink, "c", { title: "c1" })
  expect([sink.get("a"), sink.get("b")]).toEqual([{ title: "a2" }, undefined])
  expect(await operations.rollback({ ...place, to: 1, by: "bob", key: "back" })).toBe(3)
  await holds(stage, sink, "b", { title: "b1" })
  expect([sink.get("a"), sink.get("c")]).toEqual([{ title: "a1" }, undefined])
  expect(operations.releases(place).map(({ number, state, rollbackOf }) => [number, state, rollbackOf])).toEqual([
    [3, "applied", 1],
    [2, "superseded", undefined],
    [1, "superseded", undefined],
  ])
  // What people wrote since is a draft again, and nothing of it is lost.
  expect(stage.projector.report("w").targets[0]?.bindings[0]).toMatchObject({ draft: 2 })
  await expect(operations.rollback({ ...place, to: 3, by: "bob" })).rejects.toMatchObject({ kind: "not-found" })
  await stage.stop()
  await stage.start({ targets: [sink.target], bindings: [published] })
  expect(stage.projector.operations.releases(place).length).toBe(3)
})

test("J221 a release has an answer to every fact in every state, and one that was followed by another stays history", () => {
  for (const [state, row] of Object.entries(releaseTable)) {
    expect(row.succeeded, state).toBe("superseded")
    if (state !== "superseded") expect(row.confirmed, state).toBe("applied")
  }
})

test("J222 a parked version of a log is tried again, or given up: then the log is told that it was skipped, and goes on", async () => {
  const stage = new Stage()
  let isMended = false
  const sink = memoryLogTarget({
    apply: (changes, keep) =>
      changes.map((change): Receipt => {
        const { eventId, after } = change
        if (!isMended && after?.includes("bad") === true)
          return { outcome: "failed", eventId, kind: "invalid", reason: "no" }
        keep(change)
        return { outcome: "accepted", eventId }
      }),
  })
  await stage.start({ targets: [sink], bindings: [all] })
  const { operations } = stage.projector
  stage.writer.put("a", "bad one")
  await stage.idle()
  stage.writer.put("a", "good")
  stage.writer.put("b", "bad two")
  await stage.idle()
  expect(operations.parked("w").map(({ id, version, state, content }) => [id, version, state, content])).toEqual([
    ["a", 1, "parked", '{"title":"bad one"}'],
    ["b", 1, "parked", '{"title":"bad two"}'],
  ])
  await expect(
    operations.drop({ ...place, collection: "notes", id: "a", version: 2, by: "ann" }),
  ).rejects.toMatchObject({ kind: "conflict" })
  const drop = { ...place, collection: "notes", id: "a", version: 1, by: "ann", key: "drop a" }
  await operations.drop(drop)
  await operations.drop(drop)
  await stage.idle()
  expect(sink.kept.map(({ id, version, op, before, after }) => [id, version, op, before, after])).toEqual([
    ["a", 1, "skipped", null, null],
    ["a", 2, "add", null, '{"title":"good"}'],
  ])
  isMended = true
  expect(await operations.retry({ ...place, by: "ann" })).toBe(1)
  await stage.idle()
  expect(sink.kept.at(-1)).toMatchObject({ id: "b", version: 1, op: "add" })
  expect(new Set(sink.kept.map(({ eventId }) => eventId)).size).toBe(3)
  expect(operations.parked("w")).toEqual([])
  expect(stage.status().exceptions).toEqual({})
})

test("J223 what is paused sends nothing until it is resumed, also after a restart", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget({ apply: acceptAll })
  await stage.start({ targets: [sink], bindings: [all] })
  await stage.projector.operations.pause({ target: "sink" }, { by: "ann" })
  stage.writer.put("a", "one")
  await waitFor(() => stage.projector.report("w").position === 1, { what: "the version", everyMs: 2 })
  await stage.stop()
  await stage.start({ targets: [sink], bindings: [all] })
  await waitFor(() => stage.projector.report("w").targets[0]?.state === "ready", { what: "the target", everyMs: 2 })
  expect(stage.projector.operations.paused).toEqual(["target/sink"])
  expect(sink.kept).toEqual([])
  await stage.projector.operations.resume({ target: "sink" }, { by: "ann" })
  await stage.settled()
  expect(sink.kept.length).toBe(1)
  const nowhere = (): Promise<void> => stage.projector.operations.pause({ binding: "none" }, { by: "ann" })
  expect(nowhere).toThrow(/no binding "none"/)
})

test("J224 an action is done once for one key, in the asker's name; after a lost answer the target is told that it may have happened", async () => {
  const stage = new Stage()
  let isLost = true
  const sink = new ScriptedState({
    act: ({ attempts }) => {
      if (isLost) throw new Error("no answer")
      return { outcome: "done", detail: attempts === 0 ? "started" : "found running", remoteId: "job-1" }
    },
  })
  await stage.start({ targets: [sink.target], bindings: [all] })
  stage.writer.put("a", "one")
  await holds(stage, sink, "a", { title: "one" })
  const run = { ...place, collection: "notes", id: "a", action: "run", by: "ann", key: "run-1" }
  await expect(stage.projector.operations.act(run)).rejects.toThrow("no answer")
  await stage.stop()
  isLost = false
  await stage.start({ targets: [sink.target], bindings: [all] })
  const { operations } = stage.projector
  const [first, second] = await Promise.all([operations.act(run), operations.act(run)])
  expect(first).toEqual({ outcome: "done", detail: "found running", remoteId: "job-1" })
  expect(second).toEqual(first)
  expect(await operations.act(run)).toEqual(first)
  expect(sink.acted.map(({ asUser, attempts, applied }) => [asUser, attempts, applied?.version])).toEqual([
    ["ann", 0, 1],
    ["ann", 1, 1],
  ])
  await expect(operations.act({ ...run, action: "kill" })).rejects.toMatchObject({ kind: "unsupported" })
  await expect(operations.act({ ...run, id: "b" })).rejects.toMatchObject({ kind: "conflict" })
})

test("J225 before a create whose id the server assigns its marker is in the journal; a repeat says that it may have happened", async () => {
  const stage = new Stage()
  const seen: (number | undefined)[] = []
  let failures = 2
  const sink = new ScriptedState({
    apply: (batch, usual) => {
      seen.push(...(batch.intents ?? []).map((intent) => intent?.attempts))
      expect(stage.view.base("all", "w", "notes", "a")?.intent?.marker).toBe("job of a")
      if (failures-- > 0) throw new Error("no answer")
      return usual()
    },
  })
  const target = {
    ...sink.target,
    createIsIdempotent: false,
    prepare: (batch: Parameters<typeof sink.target.apply>[0]) =>
      Promise.resolve(batch.changes.map(({ id }) => `job of ${id}`)),
  }
  await stage.start({ targets: [target], bindings: [all] })
  stage.writer.put("a", "one")
  await holds(stage, sink, "a", { title: "one" })
  expect(seen).toEqual([0, 1, 2])
  expect(stage.view.base("all", "w", "notes", "a")?.intent).toBeUndefined()
})

test("J226 another mapping is another revision of the binding, and sends nothing by itself", async () => {
  const stage = new Stage()
  const sink = new ScriptedState()
  await stage.start({ targets: [sink.target], bindings: [{ ...all, mapping: "1" }] })
  for (const id of ["a", "b", "c"]) stage.writer.put(id, "one")
  await holds(stage, sink, "c", { title: "one" })
  const sent = sink.taken.length
  await stage.stop()
  await stage.start({ targets: [sink.target], bindings: [{ ...all, mapping: "2" }] })
  await stage.idle()
  expect(stage.view.bindings[0]?.revision).toBe(2)
  expect(sink.taken.length).toBe(sent)
  expect(stage.projector.report("w").targets[0]?.bindings[0]).toMatchObject({ synced: 3, pending: 0 })
})
