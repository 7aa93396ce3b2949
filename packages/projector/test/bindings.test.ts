import { MillraceError } from "@millrace/ports"
import { waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { nextBindings } from "../src/binding.ts"
import { memoryLogTarget, memoryStateTarget } from "./support/memory-target.ts"
import { Stage } from "./support/stage.ts"

const notes = { name: "first", target: "sink", collections: ["notes"] }
const told = (kept: readonly { id: string; version: number; op: string; before: string | null }[]): unknown =>
  kept.map(({ id, version, op, before }) => [id, version, op, before])

test("J10 a newly bound binding gets each living record's current version once, as an add without before, under an id of its own", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget()
  await stage.start({ targets: [sink], bindings: [notes] })
  stage.writer.put("a", "one")
  stage.writer.put("gone", "one")
  stage.writer.put("once", "one")
  await stage.settled()
  stage.writer.delete("gone")
  stage.writer.put("a", "two")
  await stage.settled()
  await stage.stop()
  const late = memoryLogTarget({ name: "late" })
  const both = [notes, { name: "second", target: "late", collections: ["notes"] }]
  await stage.start({ targets: [sink, late], bindings: both })
  await stage.settled()
  await stage.stop()
  await stage.start({ targets: [sink, late], bindings: both })
  stage.writer.put("a", "three")
  await stage.settled()
  expect(told(late.kept)).toEqual([
    ["a", 2, "add", null],
    ["once", 1, "add", null],
    ["a", 3, "update", '{"title":"two"}'],
  ])
  // One id never stands before two contents: a first version is the same everywhere, an older one told as new is not.
  const ids = (kept: typeof sink.kept, id: string): readonly string[] =>
    kept.filter((change) => change.id === id).map(({ eventId }) => eventId)
  expect(ids(late.kept, "once")).toEqual(ids(sink.kept, "once"))
  expect(ids(sink.kept, "a")).not.toContain(ids(late.kept, "a")[0])
  expect(ids(sink.kept, "a")).toContain(ids(late.kept, "a")[1])
})

test("J11 a changed binding has a new revision, and only what is newly covered is told again", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget()
  stage.writer.put("a", "one")
  stage.writer.put("t", "one", undefined, "tags")
  await stage.start({ targets: [sink], bindings: [notes] })
  await stage.settled()
  expect(told(sink.kept)).toEqual([["a", 1, "add", null]])
  await stage.stop()
  await stage.start({ targets: [sink], bindings: [{ ...notes, collections: ["tags", "notes"] }] })
  await stage.settled()
  await stage.shows("sink/first", 2)
  expect(told(sink.kept)).toEqual([
    ["a", 1, "add", null],
    ["t", 1, "add", null],
  ])
  expect(stage.status().watermarks["sink/first"]).toMatchObject({ bindingRevision: 2, collections: ["notes", "tags"] })
  await stage.stop()
  // Removed and back again it is revised once more; the counters follow what it covers now.
  await stage.start({ targets: [sink], bindings: [] })
  await stage.stop()
  await stage.start({ targets: [sink], bindings: [{ ...notes, collections: ["tags"] }] })
  await stage.settled()
  await stage.shows("sink/first", 2)
  expect(stage.view.bindings).toMatchObject([{ revision: 3, removed: false }])
  expect(stage.projector.report("w").targets[0]?.bindings[0]).toMatchObject({ synced: 1, pending: 0 })
})

test("J12 only workspaces that a binding's patterns take in are followed, and status documents never", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget()
  for (const workspace of ["shop", "shop-2", "other"]) stage.newWriter("ann", workspace).put("a", workspace)
  stage.relay.append("shop~status", new Uint8Array([0, 0]))
  await stage.start({ targets: [sink], bindings: [{ ...notes, workspaces: ["shop*"] }] })
  await stage.settled("shop")
  await stage.settled("shop-2")
  expect(sink.kept.map(({ workspace }) => workspace).sort()).toEqual(["shop", "shop-2"])
  expect(stage.projector.report("other")).toMatchObject({ state: "unknown", targets: [] })
  expect(stage.projector.report("shop~status").state).toBe("unknown")
})

test("J12 no more workspaces are followed than the limit says", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget()
  for (const workspace of ["a", "b", "c"]) stage.newWriter("ann", workspace).put("a", workspace)
  await stage.start({ targets: [sink], bindings: [notes], limits: { maxWorkspaces: 2 } })
  await waitFor(() => sink.kept.length === 2, { what: "two workspaces", everyMs: 2 })
  expect(
    ["a", "b", "c"].map((name) => stage.projector.report(name).state).filter((state) => state === "unknown").length,
  ).toBe(1)
})

test("J13 bindings that do not fit targets and schema are refused by name", () => {
  const attempt = (spec: Parameters<typeof nextBindings>[1][number], more: (typeof spec)[] = []): string => {
    try {
      nextBindings(
        [],
        [spec, ...more],
        (target) => (target === "sink" ? "log" : undefined),
        (collection) => collection === "notes",
      )
      return "taken"
    } catch (thrown) {
      return thrown instanceof MillraceError && thrown.kind === "usage" ? thrown.message : "another error"
    }
  }
  expect(attempt(notes)).toBe("taken")
  expect(attempt({ ...notes, target: "nowhere" })).toContain('"nowhere"')
  expect(attempt({ ...notes, collections: ["strange"] })).toContain('"strange"')
  expect(attempt({ ...notes, name: "No/Name" })).toContain('"No/Name"')
  expect(attempt(notes, [notes])).toContain("Two bindings")
})

test("J11 a binding that moves to a target of another shape begins anew there", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget()
  const mirror = memoryStateTarget({ name: "mirror" })
  stage.writer.put("a", "one")
  await stage.start({ targets: [sink, mirror], bindings: [notes] })
  await stage.settled()
  await stage.stop()
  await stage.start({ targets: [sink, mirror], bindings: [{ ...notes, target: "mirror" }] })
  await stage.settled()
  await stage.shows("mirror/first", 1)
  expect(told(mirror.kept)).toEqual([["a", 1, "add", null]])
  expect(Object.keys(stage.status().watermarks)).toEqual(["mirror/first"])
})
