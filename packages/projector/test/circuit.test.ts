import { fakeClock, waitFor } from "@millrace/testkit"
import { silentLog } from "@millrace/ports"
import type { CheckResult } from "@millrace/target"
import { seededRandom } from "@millrace/testkit"
import { expect, test } from "vitest"
import {
  type CircuitEvent,
  type CircuitState,
  circuitTable,
  nextCircuit,
  probes,
  waits,
} from "../src/deliver/circuit.ts"
import { TargetLink } from "../src/deliver/target-link.ts"
import { defaultLimits } from "../src/limits.ts"
import { memoryLogTarget } from "./support/memory-target.ts"
import { Stage } from "./support/stage.ts"

const states: readonly CircuitState[] = ["ready", "backoff", "open", "probing", "auth", "auth-probing"]
const events: readonly CircuitEvent[] = ["answered", "failed", "tripped", "refused", "elapsed", "alive", "silent"]

test("J23 the circuit knows every event in every state, and from each state a good answer or check leads to ready", () => {
  for (const state of states) {
    for (const event of events) expect(states).toContain(circuitTable[state][event])
    expect(nextCircuit(state, "answered")).toBe("ready")
    // Each state but ready either waits or probes: none is left for ever.
    expect(state === "ready" || waits(state) || probes(state)).toBe(true)
    if (probes(state)) {
      expect(nextCircuit(state, "alive")).toBe("ready")
      expect(waits(nextCircuit(state, "silent"))).toBe(true)
    }
    if (waits(state)) expect(waits(nextCircuit(state, "elapsed"))).toBe(false)
  }
})

test("J24 after several failures nothing is sent before check answers; a wait that the target names is kept", async () => {
  const clock = fakeClock()
  let alive = true
  let checks = 0
  const check = (): Promise<CheckResult> => {
    checks++
    return Promise.resolve({ ok: alive, detail: alive ? "fine" : "no answer" })
  }
  const limits = { ...defaultLimits, failuresToOpen: 2, retryBaseMs: 100, retryMaxMs: 1_000 }
  const link = new TargetLink({
    target: memoryLogTarget({ check }),
    limits,
    clock,
    random: seededRandom(1),
    log: silentLog,
  })
  expect(link.state).toBe("probing")
  await clock.advanceAndSettle(0)
  expect([link.state, checks]).toEqual(["ready", 1])
  link.failed("busy", 5_000)
  await clock.advanceAndSettle(4_999)
  expect(link.state).toBe("backoff")
  await clock.advanceAndSettle(1)
  expect([link.state, checks]).toEqual(["ready", 1])
  alive = false
  link.failed("down")
  expect([link.state, link.lastError]).toEqual(["open", "down"])
  await clock.advanceAndSettle(10_000)
  expect(checks).toBeGreaterThan(5)
  expect(link.lastError).toBe("no answer")
  alive = true
  let permitted = false
  void link.permit().then(() => (permitted = true))
  await clock.advanceAndSettle(1_000)
  expect([link.state, permitted]).toEqual(["ready", true])
  link.answered()
  expect(link.lastError).toBeUndefined()
  await link.close()
})

test("J25 refused credentials stop the binding, visibly, until check is answered again", async () => {
  const stage = new Stage()
  let good = false
  const sink = memoryLogTarget({
    apply: (changes, keep) =>
      changes.map((change) => {
        if (!good) return { outcome: "failed", eventId: change.eventId, kind: "auth", reason: "wrong password" }
        keep(change)
        return { outcome: "accepted", eventId: change.eventId }
      }),
    check: () => Promise.resolve({ ok: good || sink.calls.length === 0, detail: "wrong password" }),
  })
  const bindings = [{ name: "all", target: "sink", collections: ["notes"] }]
  stage.writer.put("a", "one")
  await stage.start({ targets: [sink], bindings })
  await waitFor(() => stage.projector.report("w").targets[0]?.state.startsWith("auth"), { what: "auth", everyMs: 2 })
  expect(stage.projector.report("w").targets[0]).toMatchObject({ lastError: "wrong password" })
  expect(sink.calls.length).toBe(1)
  good = true
  await stage.shows("sink/all", 1)
  expect(stage.projector.report("w").targets[0]).toMatchObject({ state: "ready", lastError: null })
})

test("J26 a target that is dead at the start is a visible state, and gets everything when it comes", async () => {
  const stage = new Stage()
  let alive = false
  const sink = memoryLogTarget({ check: () => Promise.resolve({ ok: alive, detail: "connection refused" }) })
  const other = memoryLogTarget({ name: "other" })
  stage.writer.put("a", "one")
  await stage.start({
    targets: [sink, other],
    bindings: [
      { name: "all", target: "sink", collections: ["notes"] },
      { name: "all-2", target: "other", collections: ["notes"] },
    ],
  })
  await stage.shows("other/all-2", 1)
  expect(stage.projector.readiness().ready).toBe(true)
  const report = stage.projector.report("w").targets.find(({ name }) => name === "sink")
  expect(report).toMatchObject({ lastError: "connection refused", bindings: [{ pending: 1, watermark: 0 }] })
  expect(sink.calls).toEqual([])
  alive = true
  await stage.shows("sink/all", 1)
})
