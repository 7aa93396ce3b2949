import { silentLog, systemClock } from "@millrace/ports"
import { seededRandom, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import type { YEvent } from "yjs"
import type * as Y from "yjs"
import { StatusWriter } from "../src/status/status-writer.ts"
import { memoryLogTarget } from "./support/memory-target.ts"
import { moody } from "./support/moody.ts"
import { Stage } from "./support/stage.ts"

const all = { name: "all", target: "sink", collections: ["notes"] }

/** Every write of a key, in order. */
function writes(doc: Y.Doc, root: string): readonly string[] {
  const log: string[] = []
  doc.getMap(root).observe((event: YEvent<Y.Map<unknown>>) => {
    for (const [key, { action }] of event.changes.keys) log.push(`${action} ${key}`)
  })
  return log
}

test("J33 the watermark moves with a log whose entries change nothing", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget()
  stage.writer.put("a", "one")
  await stage.start({ targets: [sink], bindings: [all] })
  await stage.shows("sink/all", 1)
  stage.newWriter("bob").put("x", "of no binding", undefined, "tags")
  await stage.shows("sink/all", 2)
  stage.relay.append("w", new Uint8Array([0, 0]))
  await stage.shows("sink/all", 3)
  await stage.stop()
  await stage.start({ targets: [sink], bindings: [all] })
  await stage.shows("sink/all", stage.relay.append("w", new Uint8Array([0, 0])))
  expect(sink.kept.length).toBe(1)
})

test("J34 an exception is written only when it changes, and taken away when it is solved", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget()
  const log = writes(stage.relay.status("w~status"), "exceptions")
  const key = JSON.stringify(["sink", "all", "notes", "a"])
  await stage.start({ targets: [sink], bindings: [all] })
  await stage.shows("sink/all", stage.writer.put("a", 7))
  for (let n = 0; n < 5; n++) await stage.shows("sink/all", stage.writer.put(`other ${n}`, "fine"))
  await stage.stop()
  await stage.start({ targets: [sink], bindings: [all] })
  await stage.shows("sink/all", stage.writer.put("more", "fine"))
  expect(log).toEqual([`add ${key}`])
  await stage.shows("sink/all", stage.writer.put("a", "mended"))
  expect(log).toEqual([`add ${key}`, `delete ${key}`])
})

test("J35 after a restart the status document is compared with the view: what is stale goes, what is missing comes", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget()
  await stage.start({ targets: [sink], bindings: [all] })
  await stage.shows("sink/all", stage.writer.put("a", 7))
  await stage.stop()
  const doc = stage.relay.status("w~status")
  const right = stage.status()
  doc.getMap("exceptions").clear()
  doc.getMap("exceptions").set(JSON.stringify(["sink", "all", "notes", "ghost"]), { kind: "parked" })
  doc.getMap("watermarks").set("gone/all", { seq: 99 })
  await stage.start({ targets: [sink], bindings: [all] })
  await waitFor(() => JSON.stringify(stage.status()) === JSON.stringify(right), {
    what: "the right status",
    everyMs: 2,
    detail: () => JSON.stringify(stage.status()),
  })
})

test("J36 with more exceptions than the document may hold, watermarks stand still and nothing false is shown", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget()
  await stage.start({ targets: [sink], bindings: [all], limits: { maxExceptions: 2 } })
  await stage.shows("sink/all", stage.writer.put("good", "one"))
  for (const id of ["a", "b", "c"]) stage.writer.put(id, 7)
  await stage.settled()
  await waitFor(() => Object.keys(stage.status().exceptions).length === 2, { what: "two exceptions", everyMs: 2 })
  stage.writer.put("good", "two")
  await stage.settled()
  expect(stage.status().watermarks["sink/all"]).toMatchObject({ seq: 1 })
  await stage.shows("sink/all", stage.writer.put("a", "mended"))
  expect(Object.keys(stage.status().exceptions).length).toBe(2)
})

test("J37 a status document that the relay refuses is opened again, later", async () => {
  const stage = new Stage()
  const port = stage.relay.port()
  let refusals = 0
  await stage.start({ targets: [memoryLogTarget()], bindings: [all] })
  stage.writer.put("a", "one")
  await stage.settled()
  const writer = new StatusWriter({
    workspace: "w",
    view: stage.view,
    delayMs: 0,
    maxExceptions: 10,
    clock: systemClock,
    random: seededRandom(),
    log: silentLog,
    relay: {
      ...port,
      document: (options) => {
        const document = port.document(options)
        return { ...document, synced: Promise.reject(new Error("forbidden")) }
      },
    },
    onRefused: () => void refusals++,
  })
  await waitFor(() => refusals > 0, { what: "the refusal", everyMs: 2 })
  expect(refusals).toBe(1)
  await writer.close(0)
})

test("J3 in seeded histories with a moody target nothing is shown as accepted that the target does not hold", async () => {
  // The crash histories check the same at every write; here the process lives, so that more edits meet more moods.
  const { Truth } = await import("./support/truth.ts")
  const random = seededRandom()
  const stage = new Stage()
  const sink = memoryLogTarget({ apply: moody(random.fork("sink")) })
  const truth = new Truth(stage.relay, "w", [
    { key: "sink/all", target: "sink", binding: "all", collections: ["notes"], keeper: sink },
  ])
  await stage.start({ targets: [sink], bindings: [all] })
  for (let n = 0; n < 150; n++) {
    stage.writer.put(random.pick(["a", "b", "c", "d"]), random.pick([`t${n % 5}`, "poison", 7, "t0", "t1"]))
    if (random.chance(0.3)) await new Promise((resolve) => void setImmediate(resolve))
  }
  await stage.settled()
  await stage.shows("sink/all", stage.relay.head("w"))
  expect(truth.problems).toEqual([])
})
