import { Buffer } from "node:buffer"
import { systemClock } from "@millrace/ports"
import type { Applied, Change, Receipt, StateTarget } from "@millrace/target"
import { ChangeMaker } from "@millrace/target/suite"
import { WebHdfsClient } from "@millrace/target/webhdfs"
import { type OozieServer, startOozie, tempDir, waitFor } from "@millrace/testkit"
import { beforeAll, expect, test } from "vitest"
import { definitionDigest } from "../src/definition-digest.ts"
import { jobConfiguration, readConfiguration } from "../src/job-configuration.ts"
import { hasEnded, type Job, jobOf, oozieTime } from "../src/jobs.ts"
import { never, outcomes, publish, reportOf, targetAt } from "./real-oozie.ts"
import { bundle, coordinator, el, makeFolder, small, workflow } from "./sample-definitions.ts"

let server: OozieServer
const minuteMs = 60_000
const at = (minutes: number): string => oozieTime(Date.now() + minutes * minuteMs)

beforeAll(async () => {
  server = await startOozie({ dir: tempDir("oozie"), parts: "no-yarn" })
})

/** Jobs of a user, the newest first, read past the target. */
async function jobs(kind: "wf" | "coordinator" | "bundle", user: string): Promise<readonly Job[]> {
  const list = async (path: string): Promise<Readonly<Record<string, unknown>>> =>
    (await (await fetch(`${server.url}${path}`)).json()) as Readonly<Record<string, unknown>>
  const listed = await list(`/v1/jobs?jobtype=${kind}&len=100&filter=user%3D${user}`)
  const ids = Object.values(listed).find((value) => Array.isArray(value)) as readonly unknown[]
  const infos = ids.map(async (one) => jobOf(await list(`/v2/job/${jobOf(one)?.id ?? ""}?show=info&len=200&order=asc`)))
  return (await Promise.all(infos)).filter((job) => job !== undefined)
}

function hdfsAs(user: string): WebHdfsClient {
  return new WebHdfsClient({ urls: [new URL(server.webHdfsUrl)], user, clock: systemClock, timeoutMs: 10_000 })
}

function appliedOf(change: Change, receipt: Receipt | undefined): Applied {
  const remote = receipt?.outcome === "accepted" ? (receipt.remote ?? {}) : {}
  return { version: change.version, sent: change.after, observed: change.after, remote, owner: "ours", timeMs: 0 }
}

const daily = { path: "jobs/c/coordinator.xml", workflow: "jobs/c/workflow.xml" }

test("T522 a coordinator fires when its data is flagged, and where its frequency changes no nominal time runs twice or is missed", async () => {
  const target = targetAt(server, "c1")
  const make = new ChangeMaker()
  const dataset = el(
    "dataset",
    {
      name: "orders",
      frequency: "${coord:minutes(1)}",
      "initial-instance": at(-1),
      timezone: "UTC",
    },
    el("uri-template", {}, "${nameNode}/apps/landed/suite/orders/${YEAR}/${MONTH}/${DAY}/${HOUR}/${MINUTE}"),
  )
  const waiting = {
    ...daily,
    start: at(-1),
    end: at(60),
    datasets: [dataset],
    inputEvents: [el("data-in", { name: "in", dataset: "orders" }, el("instance", {}, "${coord:current(0)}"))],
  }
  const parts = workflow(make, "work", { path: "jobs/c/workflow.xml" }, small(makeFolder("/apps/c1/${wf:id()}")))
  const first = coordinator(make, "c", { ...waiting, frequency: "${coord:minutes(1)}" })
  const receipts = await publish(target, [...parts, first])
  expect(outcomes(receipts)).toEqual(receipts.map(() => "accepted"))
  const hdfs = hdfsAs("c1")
  const folder = await waitFor(
    async () => {
      const [waits] = await jobs("coordinator", "c1")
      return /hdfs:\/\/[^/]+\/(apps\/landed\/[\w/]+)\/_SUCCESS/.exec(waits?.actions[0]?.missing ?? "")?.[1]
    },
    { what: "what the first instance waits for", deadlineMs: 60_000, everyMs: 200 },
  )
  expect(folder).toMatch(/^apps\/landed\/suite\/orders\/\d{4}\/\d{2}\/\d{2}\/\d{2}\/\d{2}$/)
  await hdfs.makeFolder(folder.split("/"), never)
  await hdfs.write([...folder.split("/"), "_SUCCESS"], Buffer.alloc(0), never)
  const report = await reportOf(
    target,
    ["coordinators", "c"],
    ({ parts: instances = [] }) => instances.some(({ state }) => state === "succeeded"),
    120_000,
  )
  expect(report.kind).toBe("coordinator")

  const second = coordinator(make, "c", { ...waiting, frequency: "${coord:minutes(2)}" })
  const applied = [appliedOf(first, receipts.at(-1))]
  const [step] = await target.plan({ binding: "b", changes: [second], applied }, never)
  expect(step).toMatchObject({ action: "update", text: expect.stringMatching(/Frequency/i) as string })
  expect(outcomes(await publish(target, [second], { applied }))).toEqual(["accepted"])
  const [newer, older] = await jobs("coordinator", "c1")
  expect(newer?.startMs).toBeGreaterThanOrEqual(older?.endMs ?? Infinity)
  expect((newer?.startMs ?? 0) - (older?.endMs ?? 0)).toBeLessThanOrEqual(2 * minuteMs)
  const nominal = [...(older?.actions ?? []), ...(newer?.actions ?? [])].map(({ nominalMs = 0 }) => nominalMs)
  expect(new Set(nominal).size).toBe(nominal.length)
  // Again: the same job stands.
  expect(outcomes(await publish(target, [second], { attempts: 1, applied }))).toEqual(["accepted"])
  expect(await jobs("coordinator", "c1")).toHaveLength(2)
  await Promise.all([target.close(), hdfs.close()])
})

test("T523 a coordinator's controls, action and end change in place with Oozie's difference in the plan; foreign changes are seen; an earlier release comes back", async () => {
  const target = targetAt(server, "c2")
  const make = new ChangeMaker()
  // What Oozie prints otherwise than it was written once it updates the job.
  const awkward = { properties: { said: " two\n  lines & <ünï> \u{1F30A} ", empty: " " } }
  const times = { ...daily, ...awkward, frequency: "${coord:minutes(10)}", start: at(30), end: at(90) }
  const parts = workflow(make, "work", { path: "jobs/c/workflow.xml" }, small())
  const first = coordinator(make, "c", times)
  const receipts = await publish(target, [...parts, first])
  expect(outcomes(receipts)).toEqual(receipts.map(() => "accepted"))
  const [job] = await jobs("coordinator", "c2")
  const id = job?.id ?? ""
  const submitted = await definitionOf(id)
  const controls = [{ comment: " three at once " }, el("concurrency", {}, "3")]
  const changed = coordinator(make, "c", { ...times, end: at(120), controls })
  const applied = [appliedOf(first, receipts.at(-1))]
  const [step] = await target.plan({ binding: "b", changes: [changed], applied }, never)
  expect(step).toMatchObject({ action: "update", text: expect.stringMatching(/End time/i) as string })
  const controlled = coordinator(new ChangeMaker(), "c", { ...times, controls })
  const [inPlace] = await target.plan({ binding: "b", changes: [controlled], applied }, never)
  expect(inPlace).toMatchObject({ action: "update", text: expect.stringMatching(/^\+.*<concurrency>3</m) as string })
  expect(outcomes(await publish(target, [changed], { applied }))).toEqual(["accepted"])
  const [now, ...others] = await jobs("coordinator", "c2")
  expect([now?.id, now?.concurrency, others.length]).toEqual([id, 3, 0])
  expect(oozieTime(now?.endMs ?? 0)).toBe(JSON.parse(changed.after ?? "{}").end)

  const scope = { workspace: "suite", collections: ["coordinators"] }
  const seen = async (): Promise<unknown> =>
    JSON.parse((await target.observe(scope, never)).records[0]?.fields ?? "null")
  expect(await seen()).toEqual(JSON.parse(changed.after ?? ""))
  await fetch(`${server.url}/v1/job/${id}?action=change&value=concurrency%3D7&user.name=c2`, { method: "PUT" })
  expect(await seen()).toEqual({ ...(JSON.parse(changed.after ?? "") as object), concurrency: 7 })
  await updateElsewhere(now, "c2", (text) => text.replace("<concurrency>3<", "<concurrency>5<"))
  expect((await jobs("coordinator", "c2"))[0]?.concurrency).toBe(5)
  expect(await seen()).toMatchObject({ definition: `changed at ${id}` })

  const back = coordinator(make, "c", times)
  expect(outcomes(await publish(target, [back], { applied: [appliedOf(changed, receipts.at(-1))] }))).toEqual([
    "accepted",
  ])
  const [earlier, ...more] = await jobs("coordinator", "c2")
  expect([earlier?.id, earlier?.path, earlier?.endMs, earlier?.concurrency, more.length]).toEqual([
    id,
    job?.path,
    job?.endMs,
    1,
    0,
  ])
  expect(definitionDigest(await definitionOf(id))).toBe(definitionDigest(submitted))
  expect(await seen()).toEqual(JSON.parse(back.after ?? ""))
  await fetch(`${server.url}/v1/job/${id}?action=kill&user.name=c2`, { method: "PUT" })
  expect(await seen()).toBe(null)
  await target.close()
})

async function definitionOf(id: string): Promise<string> {
  return (await fetch(`${server.url}/v1/job/${id}?show=definition`)).text()
}

/** What somebody else may do: has the job read a changed copy of its definition, with its configuration otherwise. */
async function updateElsewhere(job: Job | undefined, user: string, change: (text: string) => string): Promise<void> {
  const hdfs = hdfsAs(user)
  await hdfs.makeFolder(["user", user, "elsewhere"], never)
  const changed = Buffer.from(change(await definitionOf(job?.id ?? "")), "utf8")
  expect(await hdfs.write(["user", user, "elsewhere", "coordinator.xml"], changed, never)).toMatchObject({ done: true })
  const body = jobConfiguration({
    ...readConfiguration(job?.conf ?? ""),
    "oozie.coord.application.path": `${server.nameNode}/user/${user}/elsewhere/coordinator.xml`,
  })
  const answer = await fetch(`${server.url}/v2/job/${job?.id ?? ""}?action=update&user.name=${user}`, {
    method: "PUT",
    headers: { "content-type": "application/xml;charset=UTF-8" },
    body,
  })
  expect([answer.status, answer.headers.get("oozie-error-message")]).toEqual([200, null])
  await hdfs.close()
}

test("T524 a bundle runs its coordinators, goes on in a new one when it changes, without a nominal time twice or missed, and ends when it is deleted", async () => {
  const target = targetAt(server, "b1")
  const make = new ChangeMaker()
  const times = { frequency: "${coord:minutes(1)}", start: at(-2), end: at(60), workflow: "jobs/c/workflow.xml" }
  const parts = workflow(make, "work", { path: "jobs/c/workflow.xml" }, small())
  const one = coordinator(make, "one", { ...times, path: "jobs/one/coordinator.xml" })
  const whole = bundle(make, "all", { path: "jobs/bundle.xml", coordinators: { one: "jobs/one/coordinator.xml" } })
  const receipts = await publish(target, [...parts, one, whole])
  expect(outcomes(receipts)).toEqual(receipts.map(() => "accepted"))
  await reportOf(target, ["bundles", "all"], ({ parts: runs = [] }) => runs.some(({ state }) => state === "running"))
  expect(await jobs("bundle", "b1")).toHaveLength(1)

  const two = coordinator(make, "two", { ...times, path: "jobs/two/coordinator.xml" })
  const both = bundle(make, "all", {
    path: "jobs/bundle.xml",
    coordinators: { one: "jobs/one/coordinator.xml", two: "jobs/two/coordinator.xml" },
  })
  const applied = [null, appliedOf(whole, receipts.at(-1))]
  expect(outcomes(await publish(target, [two, both], { applied }))).toEqual(["accepted", "accepted"])
  expect(await jobs("bundle", "b1")).toHaveLength(2)
  const ran = await waitFor(
    async () => {
      const [older, newer] = (await jobs("coordinator", "b1")).filter(({ name }) => name === "one").reverse()
      return older !== undefined && (newer?.actions.length ?? 0) > 0 ? [older, newer] : undefined
    },
    { what: "the new bundle's first instance", deadlineMs: 120_000, everyMs: 200 },
  )
  const nominal = ran.flatMap((job) => job?.actions ?? []).map(({ nominalMs = 0 }) => nominalMs)
  expect(nominal).toEqual(nominal.map((_, index) => (nominal[0] ?? 0) + index * minuteMs))
  expect(nominal.length).toBeGreaterThan(1)

  await publish(target, [make.next("all", null, "bundles")])
  await waitFor(async () => (await jobs("bundle", "b1")).every(({ status }) => hasEnded(status)), {
    what: "the bundle to end",
    deadlineMs: 60_000,
  })
  await target.close()
})

test("T525 one intent is one job: after a lost answer, a killed Oozie, and by another process", async () => {
  const target = targetAt(server, "k1")
  const make = new ChangeMaker()
  const times = { ...daily, frequency: "${coord:minutes(10)}", start: at(30), end: at(90) }
  const parts = workflow(make, "work", { path: "jobs/c/workflow.xml" }, small())
  const changes = [...parts, coordinator(make, "c", times)]
  const cut = new AbortController()
  const lost = publishUntil(target, changes, cut)
  await waitFor(async () => (await jobs("coordinator", "k1")).length === 1, { what: "the job", deadlineMs: 30_000 })
  cut.abort()
  await lost
  await server.oozie.kill()
  expect(
    (await publish(target, changes, { attempts: 1 })).map((one) => one.outcome === "failed" && one.kind),
  ).toContain("retry")
  await server.oozie.start()
  const other = targetAt(server, "k1")
  expect(outcomes(await publish(other, changes, { attempts: 2 }))).toEqual(changes.map(() => "accepted"))
  expect(await jobs("coordinator", "k1")).toHaveLength(1)
  await Promise.all([target.close(), other.close()])
})

async function publishUntil(target: StateTarget, changes: readonly Change[], cut: AbortController): Promise<void> {
  const intents = changes.map(({ eventId }) => ({ eventId, marker: eventId, attempts: 0 }))
  await target.apply({ binding: "b", changes, intents }, cut).catch(() => undefined)
}

test("T526 safe mode, a dead HDFS and a definition that is wrong are told apart, and what was published stays in force", async () => {
  const target = targetAt(server, "f1")
  const make = new ChangeMaker()
  const place = { path: "jobs/f/workflow.xml" }
  const good = workflow(make, "f", place, small())
  await publish(target, good)
  const wrong = workflow(make, "f", place, small(el("fs", {}, el("no-such-thing", { path: "x" }))))
  expect((await publish(target, wrong)).map((one) => one.outcome === "failed" && one.kind)).toContain("invalid")
  await server.safeMode(true)
  expect((await target.check(never)).detail).toMatch(/SAFEMODE/)
  await server.safeMode(false)
  await server.hdfsSafeMode(true)
  const other = workflow(make, "f", place, small(makeFolder("/apps/other")))
  for (const one of await publish(target, other)) expect(one).toMatchObject({ outcome: "failed", kind: "retry" })
  await server.hdfsSafeMode(false)
  await server.hadoop.kill()
  for (const one of await publish(target, other)) expect(one).toMatchObject({ outcome: "failed", kind: "retry" })
  expect((await target.check(never)).ok).toBe(false)
  await server.hadoop.start()
  // Oozie may find HDFS only at its second try.
  const again = await waitFor(
    async () => {
      const receipts = await publish(target, other, { attempts: 1 })
      return receipts.some((one) => one.outcome === "failed" && one.kind === "retry") ? undefined : receipts
    },
    { what: "HDFS to take it", deadlineMs: 60_000, everyMs: 500 },
  )
  expect(outcomes(again)).toEqual(other.map(() => "accepted"))
  expect(Buffer.from((await target.check(never)).detail).length).toBeGreaterThan(0)
  await target.close()
})
