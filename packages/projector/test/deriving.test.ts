import { hash } from "node:crypto"
import { waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { memoryLogTarget } from "./support/memory-target.ts"
import { Stage } from "./support/stage.ts"

const all = { name: "all", target: "sink", collections: ["notes", "tags"] }

test("J1 a change exists when, and only when, a record's canonical hash differs from the one derived last", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget()
  stage.writer.put("a", "one")
  await stage.start({ targets: [sink], bindings: [all] })
  await stage.settled()
  stage.writer.put("a", "two")
  await stage.settled()
  // Written again with the same value, and there and back within one look: neither is a change.
  stage.newWriter("bob").put("a", "two")
  await stage.settled()
  stage.writer.pull()
  stage.writer.records.transact(() => {
    stage.writer.records.collection("notes").put("a", { title: "three" })
    stage.writer.records.collection("notes").put("a", { title: "two" })
  })
  stage.writer.push()
  await stage.shows("sink/all", stage.relay.head("w"))
  const text = '{"title":"two"}'
  expect(sink.kept.map(({ id, version, op, before, after }) => ({ id, version, op, before, after }))).toEqual([
    { id: "a", version: 1, op: "add", before: null, after: '{"title":"one"}' },
    { id: "a", version: 2, op: "update", before: '{"title":"one"}', after: text },
  ])
  expect(sink.kept[1]?.hash).toBe(hash("sha256", text))
})

test("J4 a change names author and time of the last entry that touched the record, the first seq and the last", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget()
  stage.writer.put("a", "one")
  stage.writer.put("z", "other")
  const bob = stage.newWriter("bob")
  bob.pull()
  bob.put("a", "two")
  await stage.start({ targets: [sink], bindings: [all] })
  await stage.settled()
  expect(sink.kept.find(({ id }) => id === "a")).toMatchObject({ author: "bob", timeMs: 1_003, seqFrom: 1, seq: 3 })
})

test("J5 a record that was deleted and is created again goes on counting versions", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget()
  await stage.start({ targets: [sink], bindings: [all] })
  stage.writer.put("a", "one")
  await stage.settled()
  stage.writer.delete("a")
  await stage.settled()
  stage.writer.put("a", "again")
  await stage.settled()
  expect(sink.kept.map(({ version, op, before }) => [version, op, before])).toEqual([
    [1, "add", null],
    [2, "delete", '{"title":"one"}'],
    [3, "add", null],
  ])
})

test("J6 an invalid record gets no version: its reasons stand in the status, the last valid state stays in force", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget()
  stage.writer.put("a", "one")
  stage.writer.put("never", 7)
  await stage.start({ targets: [sink], bindings: [all] })
  await stage.settled()
  const broken = stage.writer.put("a", 8)
  await stage.shows("sink/all", broken)
  expect(sink.kept.map(({ id, version }) => [id, version])).toEqual([["a", 1]])
  const key = (id: string): string => JSON.stringify(["sink", "all", "notes", id])
  expect(stage.status().exceptions).toEqual({
    [key("a")]: { kind: "rejected", seq: 3, version: 1, reason: "title: must be a text", timeMs: 1_003 },
    [key("never")]: { kind: "rejected", seq: 2, version: 0, reason: "title: must be a text", timeMs: 1_002 },
  })
  expect(stage.projector.report("w").targets[0]?.bindings[0]).toMatchObject({ rejected: 2, synced: 0, pending: 0 })
  // Back at the last valid state: solved without a new version. Deleted before it ever was valid: gone without one.
  stage.writer.put("a", "one")
  await stage.shows("sink/all", stage.writer.delete("never"))
  expect(stage.status().exceptions).toEqual({})
  expect(sink.kept.length).toBe(1)
  expect(stage.projector.report("w").targets[0]?.bindings[0]).toMatchObject({ rejected: 0, synced: 1, pending: 0 })
})

test("J7 nothing is derived from a document that misses entries, and what then comes reaches back to the first of them", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget()
  await stage.start({ targets: [sink], bindings: [all] })
  stage.writer.put("z", "before")
  await stage.settled()
  // Entries of one client in the wrong order: the second cannot be applied before the first.
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on("update", (update: Uint8Array) => void updates.push(update))
  const bag = doc.getArray<string>("notes")
  bag.push([JSON.stringify(["p", "n1", { title: "first" }])])
  bag.push([JSON.stringify(["q", "n2", { title: "second" }])])
  const [first, second] = updates
  if (first === undefined || second === undefined) throw new Error("two updates were due")
  stage.relay.append("w", second, "cleo")
  await waitFor(() => stage.projector.report("w").state === "waiting", { what: "the follower to wait", everyMs: 2 })
  stage.writer.put("z", "meanwhile")
  expect(stage.projector.report("w").position).toBe(1)
  stage.relay.append("w", first, "cleo")
  await stage.settled()
  const later = sink.kept.slice(1).map(({ id, seqFrom, seq }) => ({ id, seqFrom, seq }))
  expect(later).toEqual([
    { id: "p", seqFrom: 2, seq: 4 },
    { id: "q", seqFrom: 2, seq: 4 },
    { id: "z", seqFrom: 2, seq: 3 },
  ])
  await stage.shows("sink/all", 4)
})

test("J8 a relay log that was put back to an older copy is noticed: visible, nothing derived, nothing sent", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget()
  for (const id of ["a", "b", "c"]) stage.writer.put(id, "one")
  await stage.start({ targets: [sink], bindings: [all] })
  await stage.settled()
  await stage.stop()
  stage.relay.truncate("w", 1)
  await stage.start({ targets: [sink], bindings: [all] })
  await waitFor(() => stage.projector.report("w").state === "restored", { what: "the loss to be noticed", everyMs: 2 })
  stage.newWriter("bob").put("d", "after the loss")
  const report = stage.projector.report("w")
  expect(report.error).toContain("ends at 1, but changes up to 3")
  expect(report.position).toBe(3)
  expect(sink.kept.length).toBe(3)
})

test("J9 one changed record is looked at alone, whatever the size of the workspace", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget({ maxBatchChanges: 1_000 })
  stage.writer.records.transact(() => {
    for (let n = 0; n < 3_000; n++) stage.writer.records.collection("notes").put(`n${n}`, { title: "one" })
  })
  stage.writer.push()
  await stage.start({ targets: [sink], bindings: [all] })
  await stage.settled()
  let looks = 0
  const record = stage.view.record.bind(stage.view)
  stage.view.record = (...name) => {
    looks++
    return record(...name)
  }
  stage.view.living = () => {
    throw new Error("a scan")
  }
  stage.writer.put("n7", "two")
  await stage.settled()
  expect(sink.kept.length).toBe(3_001)
  expect(looks).toBeLessThan(10)
})

test("J46 a later generation of a workspace is followed from its start: versions go on, the watermark begins anew", async () => {
  const stage = new Stage()
  let alive = true
  const sink = memoryLogTarget({
    apply: (changes, keep) => {
      if (!alive) throw new Error("away")
      for (const change of changes) keep(change)
      return changes.map(({ eventId }) => ({ outcome: "accepted", eventId }))
    },
    check: () => Promise.resolve({ ok: alive, detail: "away" }),
  })
  await stage.start({ targets: [sink], bindings: [all] })
  stage.writer.put("same", "one")
  stage.writer.put("gone", "one")
  await stage.shows("sink/all", stage.writer.put("changed", "one"))
  alive = false
  stage.writer.put("late", "told late")
  await stage.outstanding(1)
  const second = stage.newWriter("bob", "w@2")
  second.records.transact(() => {
    const notes = second.records.collection("notes")
    notes.put("same", { title: "one" })
    notes.put("late", { title: "told late" })
    notes.put("changed", { title: "two" })
  })
  second.push()
  await stage.outstanding(3)
  // What is still outstanding of the first generation holds the watermark of the second.
  expect(stage.view.position("w")).toEqual({ generation: 2, seq: 1 })
  expect(stage.view.watermark("all", "w")).toBe(0)
  alive = true
  const mark = (): unknown => stage.status().watermarks["sink/all"]
  await waitFor(() => JSON.stringify(mark()).includes('"generation":2,"bindingRevision":1,"seq":1'), {
    what: "the watermark of the second generation",
    everyMs: 2,
    detail: () => JSON.stringify(mark()),
  })
  expect(sink.kept.slice(3).map(({ id, version, op, generation }) => [id, version, op, generation])).toEqual([
    ["late", 1, "add", 1],
    ["changed", 2, "update", 2],
    ["gone", 2, "delete", 2],
  ])
})
