import { systemClock } from "@millrace/ports"
import type { Change, LogTarget, Receipt } from "@millrace/target"
import { ChangeMaker } from "@millrace/target/suite"
import { checkEventChains, type ScriptedServer, startScriptedServer } from "@millrace/testkit"
import { expect, test } from "vitest"
import { createFlumeTarget, flumeConfig } from "../src/index.ts"
import { heldOf, page, startFakeFlume } from "./fake-flume.ts"

function targetAt(server: ScriptedServer, settings: object = {}): LogTarget {
  const config = flumeConfig({ kind: "flume", url: server.url, ...settings }, "targets.t")
  return createFlumeTarget("t", config, { clock: systemClock, readSecret: () => "hunter2" })
}

function apply(target: LogTarget, changes: readonly Change[]): Promise<readonly Receipt[]> {
  return target.apply({ binding: "b", changes }, { signal: new AbortController().signal })
}

const outcomes = (receipts: readonly Receipt[]): readonly string[] =>
  receipts.map((receipt) => (receipt.outcome === "accepted" ? "accepted" : receipt.kind))

const sizes = (server: ScriptedServer): readonly number[] =>
  server.requests.map((request) => (JSON.parse(request.body.toString("utf8")) as unknown[]).length)

test("T35 events go as a JSON array in UTF-8, uncompressed, string headers only, each body one line", async () => {
  const { server, events } = await startFakeFlume()
  const target = targetAt(server)
  const maker = new ChangeMaker()
  await apply(target, [maker.next("é漢😀", { text: "line\nfeed" }), maker.next("é漢😀", null)])
  const request = server.requests[0]
  expect(request?.method).toBe("POST")
  expect(request?.headers["content-type"]).toBe("application/json; charset=utf-8")
  expect(request?.headers["content-encoding"]).toBeUndefined()
  expect(request?.headers["content-length"]).toBe(String(request?.body.length))
  for (const event of events) {
    expect(Object.values(event.headers).map((value) => typeof value)).toEqual(Array(8).fill("string"))
    expect(event.body).not.toMatch(/[\r\n]/)
  }
  expect(checkEventChains(events).problems).toEqual([])
  await target.close()
})

test("T35 a repeat is the same bytes, after a failure, by another target, and whatever time it is", async () => {
  const { server } = await startFakeFlume()
  const changes = new ChangeMaker().records(20)
  server.script({ drop: "after" }, { answer: page(503, "Channel might be full.") })
  const [first, second] = [targetAt(server), targetAt(server)]
  await apply(first, changes)
  await apply(first, changes)
  await apply(second, changes)
  expect(server.requests).toHaveLength(3)
  for (const request of server.requests) expect(request.body.equals(server.requests[0]?.body ?? Buffer.of())).toBe(true)
  await Promise.all([first.close(), second.close()])
})

test("T36 an event over the cap is invalid before anything is sent, and later versions of its record wait while others go", async () => {
  const { server, events } = await startFakeFlume()
  const target = targetAt(server, { maxEventBytes: 2000 })
  const maker = new ChangeMaker()
  const changes = [
    maker.next("a", { n: 1 }),
    maker.next("a", { text: "x".repeat(3000) }),
    maker.next("a", { n: 3 }),
    maker.next("b", { n: 1 }),
  ]
  const receipts = await apply(target, changes)
  expect(outcomes(receipts)).toEqual(["accepted", "invalid", "retry", "accepted"])
  expect(receipts[1]).toMatchObject({ reason: expect.stringMatching(/maxEventBytes/) as string })
  expect(receipts[1]).not.toHaveProperty("wholeBatch")
  expect(receipts[2]).toMatchObject({ reason: expect.stringMatching(/version 2/) as string })
  expect(heldOf(events).map(({ id, version }) => [id, version])).toEqual([
    ["a", 1],
    ["b", 1],
  ])
  await target.close()
})

test("T37 a batch above the limits goes in parts by count and by bytes, one at a time and in order", async () => {
  const { server, events } = await startFakeFlume()
  const changes = new ChangeMaker().records(25)
  const byCount = targetAt(server, { maxBatchChanges: 10 })
  expect(byCount.limits.maxBatchChanges).toBe(10)
  await apply(byCount, changes)
  expect(sizes(server)).toEqual([10, 10, 5])
  const byBytes = targetAt(server, { maxBatchBytes: 3000 })
  await apply(byBytes, changes)
  expect(Math.max(...server.requests.slice(3).map((request) => request.body.length))).toBeLessThanOrEqual(3100)
  const ids = changes.map((change) => change.eventId)
  expect(heldOf(events).map((event) => event.eventId)).toEqual([...ids, ...ids])
  await Promise.all([byCount.close(), byBytes.close()])
})

test("T37 when a part fails, the parts before it stay accepted and those behind it are not sent", async () => {
  const { server, events } = await startFakeFlume()
  const target = targetAt(server, { maxBatchChanges: 2 })
  server.script({}, { answer: page(500, "Log is closed") })
  const again = await apply(target, new ChangeMaker().records(6))
  expect(outcomes(again)).toEqual(["accepted", "accepted", "retry", "retry", "retry", "retry"])
  expect(again[4]).toMatchObject({ reason: expect.stringMatching(/Not sent/) as string })
  expect(events).toHaveLength(2)
  await target.close()
})

test("T38 when the agent names its transaction capacity, the batch goes again in parts of that size, and so do later ones", async () => {
  const { server, events } = await startFakeFlume({ transactionCapacity: 4 })
  const target = targetAt(server)
  const changes = new ChangeMaker().records(10)
  expect(outcomes(await apply(target, changes))).toEqual(Array(10).fill("accepted"))
  await apply(target, changes)
  expect(sizes(server)).toEqual([10, 4, 4, 2, 4, 4, 2])
  expect(events).toHaveLength(20)
  await target.close()
})

test("T38 a 503 that comes three times running asks for halving; one accepted batch ends the count", async () => {
  const { server } = await startFakeFlume()
  const target = targetAt(server)
  const changes = new ChangeMaker().records(4)
  const whole = async (): Promise<boolean> =>
    (await apply(target, changes)).every((receipt) => receipt.outcome === "failed" && receipt.wholeBatch === true)
  server.always({ answer: page(503, "Channel might be full.") })
  expect([await whole(), await whole(), await whole(), await whole()]).toEqual([false, false, true, true])
  server.always(undefined)
  await apply(target, changes)
  server.always({ answer: page(503, "Channel might be full.") })
  expect(await whole()).toBe(false)
  await target.close()
})

test("T39 after a 500 an empty batch asks whether the source lives, and only then is the content suspected", async () => {
  const { server } = await startFakeFlume()
  const target = targetAt(server)
  const changes = new ChangeMaker().records(3)
  server.script({ answer: page(500, "unexpected") })
  const blamed = await apply(target, changes)
  for (const receipt of blamed) expect(receipt).toMatchObject({ kind: "retry", wholeBatch: true })
  expect(sizes(server)).toEqual([3, 0])
  server.script({ answer: page(500, "unexpected") }, { answer: page(500, "unexpected") })
  for (const receipt of await apply(target, changes)) {
    expect(receipt).toMatchObject({ kind: "retry" })
    expect(receipt).not.toHaveProperty("wholeBatch")
  }
  server.script({ answer: page(500, "unexpected") })
  const [single] = await apply(target, changes.slice(0, 1))
  expect(single).toMatchObject({ kind: "retry" })
  expect(single).not.toHaveProperty("wholeBatch")
  await target.close()
})

test("T44 with several agents the next one takes what a dead or a full one does not", async () => {
  const [first, second] = [await startFakeFlume(), await startFakeFlume()]
  const config = flumeConfig({ kind: "flume", urls: [first.server.url, second.server.url] }, "targets.t")
  const target = createFlumeTarget("t", config, { clock: systemClock })
  const changes = new ChangeMaker().records(4)
  first.server.script({ answer: page(503, "Channel might be full.") })
  expect(outcomes(await apply(target, changes))).toEqual(Array(4).fill("accepted"))
  await first.server.kill()
  expect(outcomes(await apply(target, changes))).toEqual(Array(4).fill("accepted"))
  expect([first.events.length, second.events.length]).toEqual([0, 8])
  await second.server.kill()
  const [receipt] = await apply(target, changes)
  expect(receipt).toMatchObject({ kind: "retry" })
  for (const { port } of [first.server, second.server]) {
    expect(receipt).toMatchObject({ reason: expect.stringContaining(String(port)) as string })
  }
  await target.close()
})

test("T45 configured credentials are sent, a refusal is auth, and no receipt has the secret in it", async () => {
  const server = await startScriptedServer((request) => ({
    status: request.headers["authorization"] === "Bearer hunter2" ? 200 : 401,
  }))
  const target = targetAt(server, { auth: { kind: "bearer", token: { env: "T" } } })
  const changes = new ChangeMaker().records(2)
  expect(outcomes(await apply(target, changes))).toEqual(["accepted", "accepted"])
  const wrong = targetAt(server, { auth: { kind: "basic", user: "ann", password: { env: "T" } } })
  const receipts = await apply(wrong, changes)
  expect(outcomes(receipts)).toEqual(["auth", "auth"])
  expect(JSON.stringify(receipts)).not.toContain("hunter2")
  const config = flumeConfig({ kind: "flume", url: server.url, auth: { kind: "bearer", token: { env: "T" } } }, "t")
  const unable = createFlumeTarget("t", config, { clock: systemClock })
  expect(outcomes(await apply(unable, changes))).toEqual(["auth", "auth"])
  await Promise.all([target.close(), wrong.close(), unable.close()])
})
