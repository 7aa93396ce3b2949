import { expect, test } from "vitest"
import { memoryLogTarget, memoryStateTarget } from "./support/memory-target.ts"
import { Stage } from "./support/stage.ts"

const notes = { name: "all", target: "sink", collections: ["notes"] }

test("J1 a change exists when, and only when, a record's canonical hash differs from the one derived last", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget()
  stage.writer.put("a", "one")
  await stage.start({ targets: [sink], bindings: [notes] })
  await stage.settled()
  stage.writer.put("a", "two")
  await stage.settled()
  stage.writer.put("a", "two", null)
  stage.writer.records.collection("notes").removeField("a", "body")
  stage.writer.push()
  await stage.settled()
  await stage.shows("sink/all", stage.relay.head("w"))
  const told = sink.kept.map(({ id, version, op, before, after }) => ({ id, version, op, before, after }))
  expect(told.filter(({ after }) => after?.includes("body") !== true)).toEqual(told)
  expect(told).toEqual([
    { id: "a", version: 1, op: "add", before: null, after: '{"title":"one"}' },
    { id: "a", version: 2, op: "update", before: '{"title":"one"}', after: '{"title":"two"}' },
  ])
})

test("hello state", async () => {
  const stage = new Stage()
  const sink = memoryStateTarget()
  for (let n = 0; n < 25; n++) stage.writer.put(`n${n}`, "one")
  await stage.start({ targets: [sink], bindings: [notes] })
  await stage.settled()
  expect(sink.kept.length).toBe(25)
  await stage.shows("sink/all", 25)
  await stage.stop()
  await stage.start({ targets: [sink], bindings: [notes] })
  stage.writer.delete("n3")
  await stage.settled()
  expect(sink.kept.length).toBe(26)
  expect(stage.projector.report("w").targets[0]?.bindings).toEqual([
    { name: "all", watermark: 26, pending: 0, synced: 24, rejected: 0, conflicts: 0, parked: 0 },
  ])
})
