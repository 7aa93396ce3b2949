import { spawn } from "node:child_process"
import { tempDir } from "@millrace/testkit"
import { describe, expect, onTestFinished, test } from "vitest"
import { WebSocket } from "ws"
import { WebsocketProvider } from "y-websocket"
import * as Y from "yjs"
import { cpuMs, peakMb, residentMb } from "../src/process-facts.ts"
import { cases } from "../src/relay/cases.ts"
import { startContestant } from "../src/relay/contestants.ts"
import { agree } from "../src/relay/self-check.ts"
import { Stage } from "../src/relay/stage.ts"

// The peers are not there in tests: what runs is every case, with next to no load, against our relay alone.
describe.each(["millrace", "millrace-own"] as const)("%s", (name) => {
  test("the load client and the stock provider see each other's edits", async () => {
    const server = await startContestant(name, tempDir("bench"), [])
    const { base, token = "" } = server.others
    await agree(server.others, async (room) => {
      const doc = new Y.Doc()
      const Polyfill = WebSocket as unknown as typeof globalThis.WebSocket
      const provider = new WebsocketProvider(base, room, doc, {
        WebSocketPolyfill: Polyfill,
        disableBc: true,
        params: { token },
      })
      const seen = new Promise<void>((resolve) => {
        doc.getMap("bench").observe(() => {
          if (doc.getMap("bench").get("ours") === "from the load client") resolve()
        })
      })
      doc.getMap("bench").set("theirs", "from the provider")
      return { seesOurs: () => seen, close: async () => provider.destroy() }
    })
    await server.stop()
  })

  test.each(
    cases.filter(({ id }) => name === "millrace" || id === "observers-50").map((one) => [one.id, one] as const),
  )("%s gives every figure of its rows", async (_, one) => {
    const server = await startContestant(name, tempDir("bench"), [])
    const metrics = await one.run(new Stage(server), "tiny")
    await server.stop()
    const expected = one.rows.map(({ metric }) => metric).sort()
    expect(
      Object.entries(metrics)
        .filter(([, value]) => Number.isFinite(value))
        .map(([metric]) => metric),
    ).toEqual(expect.arrayContaining(expected))
    for (const none of ["undelivered", "incomplete", "missing"]) expect(metrics[none] ?? 0).toBe(0)
  })
})

test("CPU time and memory are read of another process", async () => {
  const child = spawn(process.execPath, ["-e", "while (true);"], { stdio: "ignore" })
  onTestFinished(() => void child.kill("SIGKILL"))
  const pid = child.pid ?? 0
  await expect.poll(() => cpuMs(pid), { timeout: 10_000 }).toBeGreaterThan(100)
  expect(residentMb(pid)).toBeGreaterThan(5)
  expect(peakMb(pid)).toBeGreaterThanOrEqual(residentMb(pid) - 1)
})
