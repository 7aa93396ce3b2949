import type { Change, FailureKind, Receipt } from "@millrace/target"
import { waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { BatchWindow } from "../src/deliver/batch-window.ts"
import { type Apply, memoryLogTarget, memoryStateTarget } from "./support/memory-target.ts"
import { Stage } from "./support/stage.ts"

const all = { name: "all", target: "sink", collections: ["notes"] }
const accepted = ({ eventId }: Change): Receipt => ({ outcome: "accepted", eventId })
const failed = ({ eventId }: Change, kind: FailureKind, more: object = {}): Receipt => ({
  outcome: "failed",
  eventId,
  kind,
  reason: `said ${kind}`,
  ...more,
})
const isBad = ({ after }: Change): boolean => after?.includes("bad") === true
const exceptionKey = (id: string): string => JSON.stringify(["sink", "all", "notes", id])

/** Takes single good records, and refuses a whole batch with a bad one in it. */
const atomic: Apply = (changes, keep) => {
  if (changes.some(isBad)) return changes.map((change) => failed(change, "invalid", { wholeBatch: true }))
  return changes.map((change) => {
    keep(change)
    return accepted(change)
  })
}

/** A switch that the tests turn. */
function gate(): { readonly opened: Promise<void>; open: () => void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}

test("J14 a log target gets each record's whole chain in order, one batch at a time within its limits", async () => {
  const stage = new Stage()
  let underWay = 0
  let most = 0
  const sink = memoryLogTarget({
    maxBatchChanges: 3,
    apply: async (changes, keep) => {
      most = Math.max(most, ++underWay)
      await new Promise((resolve) => void setImmediate(resolve))
      underWay--
      for (const change of changes) keep(change)
      return changes.map(accepted)
    },
  })
  await stage.start({ targets: [sink], bindings: [all] })
  for (let round = 1; round <= 4; round++) {
    for (const id of ["a", "b", "c"]) stage.writer.put(id, `round ${round}`)
    await stage.settled()
  }
  expect(most).toBe(1)
  expect(Math.max(...sink.calls)).toBeLessThanOrEqual(3)
  for (const id of ["a", "b", "c"]) {
    const versions = sink.kept.filter((change) => change.id === id).map(({ version }) => version)
    expect(versions).toEqual(versions.map((_, at) => at + 1))
  }
})

test("J14 a batch stays below the target's bytes, but always has one change", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget({ maxBatchBytes: 100 })
  for (let n = 0; n < 6; n++) stage.writer.put(`n${n}`, "x".repeat(n === 3 ? 500 : 30))
  await stage.start({ targets: [sink], bindings: [all] })
  await stage.settled()
  expect(sink.kept.length).toBe(6)
  expect(sink.calls).toEqual([2, 1, 1, 2])
})

test("J15 a state target gets the latest version; those it skips are accepted with it", async () => {
  const stage = new Stage()
  const first = gate()
  const mirror = memoryStateTarget({
    name: "sink",
    apply: async (changes, keep) => {
      if (changes[0]?.version === 1) await first.opened
      for (const change of changes) keep(change)
      return changes.map(accepted)
    },
  })
  await stage.start({ targets: [mirror], bindings: [all] })
  stage.writer.put("a", "v1")
  await waitFor(() => mirror.calls.length === 1, { what: "the first call", everyMs: 2 })
  for (const title of ["v2", "v3", "v4"]) {
    const seq = stage.writer.put("a", title)
    await waitFor(() => stage.projector.report("w").position === seq, { what: "its version", everyMs: 2 })
  }
  expect(stage.projector.report("w").targets[0]?.bindings[0]).toMatchObject({ watermark: 0, pending: 1 })
  first.open()
  await stage.shows("sink/all", 4)
  expect(mirror.kept.map(({ version }) => version)).toEqual([1, 4])
})

test("J16 a batch refused as a whole is halved until the bad record is found; every other arrives", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget({ maxBatchChanges: 64, apply: atomic })
  for (let n = 0; n < 60; n++) stage.writer.put(`n${String(n).padStart(2, "0")}`, n === 37 || n === 38 ? "bad" : "good")
  await stage.start({ targets: [sink], bindings: [all] })
  await waitFor(() => Object.keys(stage.status().exceptions).length === 2 && sink.kept.length === 58, {
    what: "two exceptions and all others",
    everyMs: 2,
  })
  expect(stage.status().exceptions[exceptionKey("n37")]).toMatchObject({
    kind: "parked",
    version: 1,
    reason: "said invalid",
  })
  expect(sink.calls.length).toBeLessThan(40)
  await stage.shows("sink/all", 60)
})

test("J16 halving asks about two calls for each halving of the batch", () => {
  for (let bad = 0; bad < 256; bad++) {
    const window = new BatchWindow(256)
    let front = 0
    let calls = 0
    for (;;) {
      const count = Math.min(window.size, 256 - front)
      calls++
      const hit = bad >= front && bad < front + count
      if (hit && count === 1) break
      if (hit) window.refused(count)
      else {
        window.settled(count, false)
        front += count
      }
    }
    expect(calls).toBeLessThanOrEqual(17)
    window.settled(1, true)
    expect(window.size).toBe(256)
  }
})

test("J17 a parked version holds back its own record and no other", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget({
    apply: (changes, keep) =>
      changes.map((change) => {
        if (isBad(change)) return failed(change, "invalid")
        keep(change)
        return accepted(change)
      }),
  })
  await stage.start({ targets: [sink], bindings: [all] })
  stage.writer.put("a", "good")
  await stage.settled()
  stage.writer.put("a", "bad")
  await stage.shows("sink/all", 2)
  stage.writer.put("a", "good again")
  const last = stage.writer.put("b", "other")
  await stage.shows("sink/all", last)
  expect(sink.kept.map(({ id, version }) => [id, version])).toEqual([
    ["a", 1],
    ["b", 1],
  ])
  // The exception is about the versions that wait behind it, too.
  expect(stage.status().exceptions).toEqual({
    [exceptionKey("a")]: expect.objectContaining({ kind: "parked", version: 2, seq: 3 }) as unknown,
  })
  expect(stage.projector.report("w").targets[0]?.bindings[0]).toMatchObject({ parked: 1, synced: 1, pending: 0 })
  await stage.stop()
  await stage.start({ targets: [sink], bindings: [all] })
  await stage.settled()
  expect(sink.kept.length).toBe(2)
})

test("J18 what a state target refuses is rejected, and tried again at the next change", async () => {
  const stage = new Stage()
  const mirror = memoryStateTarget({ name: "sink", apply: atomic })
  await stage.start({ targets: [mirror], bindings: [all] })
  await stage.shows("sink/all", stage.writer.put("a", "bad"))
  expect(stage.status().exceptions[exceptionKey("a")]).toMatchObject({ kind: "rejected", version: 1, seq: 1 })
  expect(stage.projector.report("w").targets[0]?.bindings[0]).toMatchObject({ rejected: 1, synced: 0 })
  await stage.shows("sink/all", stage.writer.put("a", "good"))
  expect(stage.status().exceptions).toEqual({})
  expect(mirror.kept.map(({ version }) => version)).toEqual([2])
  expect(stage.projector.report("w").targets[0]?.bindings[0]).toMatchObject({ rejected: 0, synced: 1 })
})

test("J19 what fails in passing is sent again, the same bytes, until it is taken; nobody is told before", async () => {
  const stage = new Stage()
  let failures = 7
  const seen: Change[] = []
  const sink = memoryLogTarget({
    apply: (changes, keep) => {
      seen.push(...changes)
      if (failures-- > 0) return changes.map((change) => failed(change, failures % 2 === 0 ? "retry" : "rate"))
      for (const change of changes) keep(change)
      return changes.map(accepted)
    },
  })
  stage.writer.put("a", "one")
  await stage.start({ targets: [sink], bindings: [all] })
  await stage.shows("sink/all", 1)
  expect(sink.kept.length).toBe(1)
  expect(seen.length).toBe(8)
  for (const change of seen) expect(change).toEqual(seen[0])
})

test("J19 in a log, what the target said of versions after one that it did not take does not count", async () => {
  const stage = new Stage()
  const hold = gate()
  let calls = 0
  const sink = memoryLogTarget({
    apply: async (changes, keep) => {
      calls++
      if (calls === 1) {
        await hold.opened
        throw new Error("lost")
      }
      if (calls === 2)
        return changes.map((change) => (change.version === 1 ? failed(change, "retry") : accepted(change)))
      for (const change of changes) keep(change)
      return changes.map(accepted)
    },
  })
  await stage.start({ targets: [sink], bindings: [all] })
  stage.writer.put("a", "one")
  await waitFor(() => calls === 1, { what: "the first call", everyMs: 2 })
  const seq = stage.writer.put("a", "two")
  await waitFor(() => stage.projector.report("w").position === seq, { what: "the second version", everyMs: 2 })
  hold.open()
  await stage.shows("sink/all", 2)
  expect(sink.kept.map(({ version }) => version)).toEqual([1, 2])
})

test("J20 an answer that nothing explains is tried again some times, then its record is isolated", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget({
    apply: (changes, keep) =>
      changes.map((change) => {
        if (isBad(change)) return failed(change, "bug")
        keep(change)
        return accepted(change)
      }),
  })
  stage.writer.put("a", "bad")
  stage.writer.put("b", "good")
  await stage.start({ targets: [sink], bindings: [all], limits: { maxUnexplained: 3 } })
  await stage.shows("sink/all", 2)
  expect(stage.status().exceptions[exceptionKey("a")]).toMatchObject({ kind: "parked" })
  expect(stage.view.lane("all", "w", "notes", "a")?.fault?.attempts).toBe(3)
  expect(sink.kept.map(({ id }) => id)).toEqual(["b"])
})

test("J21 a call that does not end is aborted at its deadline, and repeated", async () => {
  const stage = new Stage()
  const aborted: unknown[] = []
  let calls = 0
  const target = memoryLogTarget()
  const sink = {
    ...target,
    apply: (batch: Parameters<typeof target.apply>[0], { signal }: { signal: AbortSignal }) =>
      ++calls > 1
        ? target.apply(batch, { signal })
        : new Promise<never>((_, reject) => {
            signal.addEventListener("abort", () => {
              aborted.push(signal.reason)
              reject(new Error("aborted"))
            })
          }),
  }
  stage.writer.put("a", "one")
  await stage.start({ targets: [sink], bindings: [all], limits: { callDeadlineMs: 20 } })
  await stage.shows("sink/all", 1)
  expect(aborted.map(String)).toEqual(["Error: no answer within 20 ms"])
})

test("J22 receipts that do not fit the batch accept nothing", async () => {
  const stage = new Stage()
  let calls = 0
  const sink = memoryLogTarget({
    apply: (changes, keep) => {
      if (++calls === 1) return changes.slice(1).map(accepted)
      if (calls === 2) return changes.map((change) => ({ ...accepted(change), eventId: "another" }))
      for (const change of changes) keep(change)
      return changes.map(accepted)
    },
  })
  for (const id of ["a", "b"]) stage.writer.put(id, "one")
  await stage.start({ targets: [sink], bindings: [all] })
  await stage.shows("sink/all", 2)
  expect(calls).toBe(3)
  expect(sink.kept.length).toBe(2)
})
