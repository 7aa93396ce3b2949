import type { Receipt } from "@millrace/target"
import { waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { canonicalForm } from "@millrace/model"
import { ScriptedState } from "./support/scripted-state.ts"
import { memoryLogTarget } from "./support/memory-target.ts"
import { Stage } from "./support/stage.ts"

test("J230 10,000 receipts over five bindings, one in ten first rejected and then accepted, leave the status document under 64 kB", async () => {
  const stage = new Stage()
  const records = 2_000
  const targets = ["a", "b", "c", "d", "e"].map((name) => {
    const refused = new Set<string>()
    return new ScriptedState({
      name,
      maxBatchChanges: 100,
      apply: (batch, usual) => {
        const receipts = usual()
        return batch.changes.map(({ eventId, id, version }, at): Receipt => {
          const isFirst = Number(id) % 10 === 0 && version === 1
          if (!isFirst) return receipts[at] ?? { outcome: "accepted", eventId }
          refused.add(id)
          return { outcome: "failed", eventId, kind: "invalid", reason: `${name} says that ${id} has no owner` }
        })
      },
    })
  })
  await stage.start({
    targets: targets.map(({ target }) => target),
    bindings: targets.map(({ target }) => ({ name: `to-${target.name}`, target: target.name, collections: ["notes"] })),
    limits: { statusDelayMs: 5 },
  })
  const notes = stage.writer.records.collection("notes")
  const put = (ids: readonly number[], title: string): void => {
    for (let at = 0; at < ids.length; at += 200) {
      stage.writer.records.transact(() => {
        for (const id of ids.slice(at, at + 200)) notes.put(String(id), { title })
      })
      stage.writer.push()
    }
  }
  const every = Array.from({ length: records }, (_, at) => at)
  put(every, "first")
  const allSettled = (): boolean => {
    const bindings = stage.projector.report("w").targets.flatMap((one) => one.bindings)
    return (
      stage.projector.report("w").position === stage.relay.head("w") && bindings.every(({ pending }) => pending === 0)
    )
  }
  await waitFor(allSettled, { what: "every first receipt", deadlineMs: 60_000 })
  await waitFor(() => Object.keys(stage.status().exceptions).length === records / 2, {
    what: "the exceptions",
    deadlineMs: 20_000,
  })
  put(
    every.filter((id) => id % 10 === 0),
    "second",
  )
  await waitFor(allSettled, { what: "every second receipt", deadlineMs: 60_000 })
  await waitFor(() => Object.keys(stage.status().exceptions).length === 0, {
    what: "no exceptions",
    deadlineMs: 20_000,
  })
  const receipts = targets.reduce((sum, { taken }) => sum + taken.length, 0)
  expect(receipts).toBeGreaterThanOrEqual(10_000)
  const bytes = Y.encodeStateAsUpdate(stage.relay.status("w~status")).length
  expect(bytes).toBeLessThan(64 * 1024)
}, 120_000)

test("J231 the journal is shortened to a snapshot of the view; a view that is lost comes from it, row for row", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget()
  const start = (): Promise<unknown> =>
    stage.start({
      targets: [sink],
      bindings: [{ name: "all", target: "sink", collections: ["notes"] }],
      limits: { maxJournalEntries: 20 },
    })
  await start()
  for (let n = 0; n < 60; n++) {
    stage.writer.put(`n${n % 7}`, `t${n}`)
    await stage.settled()
  }
  await waitFor(async () => (await stage.trimmed()) > 0, { what: "a shorter journal" })
  await stage.stop()
  const before = await stage.dump()
  stage.loseView()
  await start()
  await stage.stop()
  expect(await stage.dump()).toBe(before)
  await start()
  stage.writer.put("n1", "after all that")
  await stage.settled()
  for (const id of new Set(sink.kept.map((change) => change.id))) {
    const versions = sink.kept.filter((change) => change.id === id).map(({ version }) => version)
    expect(versions).toEqual(versions.map((_, at) => at + 1))
  }
})

test("J232 a journal of an earlier canonical form is brought to the present one and emits nothing; one of a later form is refused", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget()
  const options = { targets: [sink], bindings: [{ name: "all", target: "sink", collections: ["notes"] }] }
  stage.writer.put("a", "one", { z: 1, a: [2] })
  // A former program wrote keys in another order, so its text and its hash of the same record are others.
  const after = '{"title":"one","body":{"z":1,"a":[2]}}'
  const record = { collection: "notes", id: "a", version: 1, op: "add", hash: "of the former form", after } as const
  const touch = { author: "ann", timeMs: 1, seqFrom: 1, seq: 1 }
  await stage.journal(canonicalForm - 1, [
    {
      kind: "bindings",
      bindings: [
        {
          name: "all",
          target: "sink",
          shape: "log",
          collections: ["notes"],
          workspaces: ["*"],
          revision: 1,
          removed: false,
        },
      ],
    },
    {
      kind: "derived",
      workspace: "w",
      generation: 1,
      records: [{ ...record, ...touch }],
      invalid: [],
      mended: [],
      seen: [],
      position: 1,
    },
    { kind: "receipts", binding: "all", revision: 1, workspace: "w", accepted: [["notes", "a", 1]], failed: [] },
  ])
  await stage.start(options)
  await stage.idle()
  expect(sink.kept).toEqual([])
  expect(stage.view.record("w", "notes", "a")).toMatchObject({
    version: 1,
    after: '{"body":{"a":[2],"z":1},"title":"one"}',
  })
  stage.writer.put("a", "two", { z: 1, a: [2] })
  await stage.settled()
  expect(sink.kept).toMatchObject([{ id: "a", version: 2, op: "update" }])
  await stage.stop()
  await expect(stage.journal(canonicalForm - 1, [])).rejects.toMatchObject({ kind: "unsupported" })
})
