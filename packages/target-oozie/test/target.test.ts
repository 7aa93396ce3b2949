import { systemClock } from "@millrace/ports"
import type { Applied, Change, StateTarget } from "@millrace/target"
import { ChangeMaker } from "@millrace/target/suite"
import { waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { definitionDigest } from "../src/definition-digest.ts"
import { createOozieTarget, oozieConfig } from "../src/index.ts"
import { readConfiguration } from "../src/job-configuration.ts"
import { type FakeOozie, startFakeOozie } from "./fake-oozie.ts"
import { act, never, outcomes, publish } from "./real-oozie.ts"
import { bundle, coordinator, el, makeFolder, small, workflow } from "./sample-definitions.ts"

const daily = {
  path: "jobs/c/coordinator.xml",
  workflow: "jobs/c/workflow.xml",
  frequency: "${coord:hours(1)}",
  start: "2030-01-01T00:00Z",
  end: "2031-01-01T00:00Z",
}
const flow = { path: "jobs/c/workflow.xml" }

function targetAt(fake: FakeOozie, more: object = {}): StateTarget {
  return createOozieTarget("oozie", oozieConfig({ ...fake.settings, ...more }, "targets.oozie"), { clock: systemClock })
}

const applied = (change: Change, id: string): Applied => ({
  version: change.version,
  sent: change.after,
  observed: change.after,
  remote: { id },
  owner: "ours",
  timeMs: 0,
})

const living = (fake: FakeOozie): readonly string[] =>
  fake.jobs.filter(({ status }) => status !== "KILLED").map(({ id }) => id)

test("T500 a definition lies under a folder of its content; a repeat writes nothing there, and an earlier content finds its own", async () => {
  const fake = await startFakeOozie()
  const target = targetAt(fake)
  const make = new ChangeMaker()
  const first = workflow(make, "w", flow, small())
  expect(outcomes(await publish(target, first))).toEqual(first.map(() => "accepted"))
  const folders = (): readonly string[] =>
    [...fake.hdfs.files.keys()].filter((path) => path.endsWith("workflow.xml")).map((path) => path.split("/")[5] ?? "")
  expect(folders()).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)])
  const writes = fake.hdfs.server.requests.filter(({ method }) => method === "PUT").length
  expect(outcomes(await publish(target, first))).toEqual(first.map(() => "accepted"))
  expect(fake.hdfs.server.requests.filter(({ method }) => method === "PUT").length).toBe(writes)
  await publish(target, workflow(make, "w", flow, small(makeFolder("/apps/other"))))
  await publish(target, workflow(make, "w", flow, small()))
  expect(new Set(folders()).size).toBe(2)
  await target.close()
})

test("T501 a coordinator is submitted once for one intent, also where the answer was lost and another process repeats it", async () => {
  const fake = await startFakeOozie()
  const target = targetAt(fake)
  const make = new ChangeMaker()
  const changes = [...workflow(make, "w", flow, small()), coordinator(make, "c", daily)]
  const cut = new AbortController()
  const call = target
    .apply(
      { binding: "b", changes, intents: changes.map(({ eventId }) => ({ eventId, marker: eventId, attempts: 0 })) },
      cut,
    )
    .catch(() => undefined)
  await waitFor(() => fake.jobs.length > 0, { what: "the submission" })
  cut.abort()
  await call
  for (const attempts of [1, 2]) {
    expect(outcomes(await publish(targetAt(fake), changes, { attempts }))).toEqual(changes.map(() => "accepted"))
  }
  const submits = fake.server.requests.filter(
    ({ method, url }) => method === "POST" && url.includes("action=start"),
  ).length
  expect([fake.jobs.length, submits]).toEqual([1, 1])
  await target.close()
})

test("T502 what Oozie can change is changed in place; frequency, start and zone end the old job and begin the new one where it ended", async () => {
  const fake = await startFakeOozie()
  const target = targetAt(fake)
  const make = new ChangeMaker()
  const first = coordinator(make, "c", daily)
  await publish(target, [...workflow(make, "w", flow, small()), first])
  const id = fake.jobs[0]?.id ?? ""
  const controls = [el("concurrency", {}, "3")]
  const second = coordinator(make, "c", { ...daily, controls, end: "2032-01-01T00:00Z" })
  const [step] = await target.plan({ binding: "b", changes: [second], applied: [applied(first, id)] }, never)
  expect(step).toMatchObject({ action: "update", summary: expect.stringMatching(/move the end/) as string })
  expect(fake.jobs[0]?.definition).not.toContain("<concurrency>")
  expect(outcomes(await publish(target, [second], { applied: [applied(first, id)] }))).toEqual(["accepted"])
  expect(fake.jobs).toHaveLength(1)
  expect(fake.jobs[0]).toMatchObject({
    endTime: "2032-01-01T00:00Z",
    definition: expect.stringContaining("<concurrency>"),
  })

  const running = fake.jobs[0]
  if (running === undefined) return
  // It has made what lies before 2030-06-01T05:00Z, and one more that waits for its time.
  running.actions = [
    { id: `${id}@1`, status: "SUCCEEDED", nominalTime: "Sat, 01 Jun 2030 04:00:00 GMT" },
    { id: `${id}@2`, status: "WAITING", nominalTime: "Sat, 01 Jun 2030 05:00:00 GMT" },
  ]
  running.nextTime = "2030-06-01T06:00Z"
  const third = coordinator(make, "c", {
    ...daily,
    controls,
    end: "2032-01-01T00:00Z",
    frequency: "${coord:minutes(25)}",
  })
  expect(outcomes(await publish(target, [third], { applied: [applied(second, id)] }))).toEqual(["accepted"])
  expect(fake.jobs.map(({ startTime, endTime }) => [startTime, endTime])).toEqual([
    ["2030-01-01T00:00Z", "2030-06-01T05:00Z"],
    ["2030-06-01T05:10Z", "2032-01-01T00:00Z"],
  ])
  await target.close()
})

test("T503 a change of a workflow reaches the schedules that run it; coordinators of a bundle have no job of their own", async () => {
  const fake = await startFakeOozie()
  const target = targetAt(fake)
  const make = new ChangeMaker()
  await publish(target, [...workflow(make, "w", flow, small()), coordinator(make, "c", daily)])
  const before = readConfiguration(fake.jobs[0]?.conf ?? "")["millraceRoot"]
  await publish(target, workflow(make, "w", flow, small(makeFolder("/apps/new"))))
  const after = readConfiguration(fake.jobs[0]?.conf ?? "")["millraceRoot"]
  expect([fake.jobs.length, before === after]).toEqual([1, false])

  const other = await startFakeOozie()
  const bundled = targetAt(other)
  const whole = bundle(make, "all", { path: "jobs/b/bundle.xml", coordinators: { c: "jobs/c/coordinator.xml" } })
  const changes = [...workflow(make, "w2", flow, small()), coordinator(make, "c2", daily), whole]
  expect(outcomes(await publish(bundled, changes))).toEqual(changes.map(() => "accepted"))
  expect(other.jobs.map(({ kind }) => kind)).toEqual(["bundle"])
  expect(outcomes(await publish(bundled, [make.next("all", null, "bundles")]))).toEqual(["accepted"])
  expect(other.jobs[0]?.status).toBe("KILLED")
  await Promise.all([target.close(), bundled.close()])
})

test("T504 a definition that is refused keeps its former state, says why, and holds back no other", async () => {
  const fake = await startFakeOozie()
  const target = targetAt(fake)
  const make = new ChangeMaker()
  await publish(target, workflow(make, "bad", { path: "jobs/bad/workflow.xml" }, small()))
  const published = (): unknown =>
    JSON.parse(fake.hdfs.files.get("/user/millrace/published/suite/published.json")?.toString() ?? "")
  const before = JSON.stringify(published())
  const wrong = workflow(make, "bad", { path: "jobs/bad/workflow.xml" }, small(el("fs", {}, el("no-such-thing", {}))))
  for (const one of await publish(target, wrong)) expect(one).toMatchObject({ outcome: "failed", kind: "invalid" })
  expect(JSON.stringify(published())).toBe(before)
  const good = workflow(make, "good", { path: "jobs/good/workflow.xml" }, small())
  const both = await publish(target, [...wrong, ...good])
  expect(both.slice(wrong.length).every(({ outcome }) => outcome === "accepted")).toBe(true)
  const spaced = workflow(make, "spaced", { path: "my jobs/workflow.xml" }, small())
  expect((await publish(target, spaced))[0]).toMatchObject({
    kind: "invalid",
    reason: expect.stringMatching(/my jobs/) as string,
  })
  const [stray] = await publish(target, [make.next("x", { name: "x" }, "datasets")])
  expect(stray).toMatchObject({ kind: "invalid" })
  await target.close()
})

test("T505 a run is one job for one key, as whoever asked where the server allows it; other people's jobs are out of reach", async () => {
  const fake = await startFakeOozie()
  const target = targetAt(fake, { actAs: "doAs" })
  const make = new ChangeMaker()
  await publish(target, workflow(make, "w", flow, small()))
  const first = await act(target, "run", "w")
  expect(first).toMatchObject({ outcome: "done", remoteId: fake.jobs[0]?.id })
  fake.server.always({ drop: "after" })
  expect(await act(target, "run", "w", { idempotencyKey: "again" })).toMatchObject({ kind: "retry" })
  fake.server.always(undefined)
  await act(target, "run", "w", { idempotencyKey: "again", attempts: 1 })
  await act(target, "run", "w")
  expect(fake.jobs.map(({ user }) => user)).toEqual(["ann", "ann"])
  const [job] = fake.jobs
  if (job !== undefined) job.status = "RUNNING"
  expect(await act(target, "suspend", "w", { parameters: { job: job?.id } })).toMatchObject({ outcome: "done" })
  expect(job?.status).toBe("SUSPENDED")
  expect(await act(target, "kill", "w", { parameters: { job: job?.id } })).toMatchObject({ outcome: "done" })
  expect(await act(target, "resume", "w", { parameters: { job: job?.id } })).toMatchObject({ kind: "conflict" })
  if (job === undefined) return
  fake.jobs.push({ ...job, id: "0000099-fake-oozie-W", conf: "", status: "RUNNING" })
  expect(await act(target, "kill", "w", { parameters: { job: "0000099-fake-oozie-W" } })).toMatchObject({
    kind: "invalid",
  })
  expect(
    await act(target, "run", "w", { parameters: { properties: "user.name=root" }, idempotencyKey: "x" }),
  ).toMatchObject({
    kind: "invalid",
  })
  expect(await act(target, "explode", "w")).toMatchObject({ kind: "invalid" })
  await target.close()
})

test("T506 a running job of the same name that is not ours is a conflict, unless it was adopted", async () => {
  const fake = await startFakeOozie()
  const target = targetAt(fake)
  const make = new ChangeMaker()
  const change = coordinator(make, "c", daily)
  await publish(target, [...workflow(make, "w", flow, small()), change])
  const [job] = fake.jobs
  if (job === undefined) return
  fake.hdfs.files.delete("/user/millrace/published/suite/published.json")
  job.conf = job.conf.replace(/millrace\.(record|marker|hash)/g, "foreign.$1")
  const parts = workflow(new ChangeMaker(), "w", flow, small())
  expect((await publish(target, [...parts, change])).at(-1)).toMatchObject({ kind: "conflict" })
  const known = [...parts.map(() => null), applied(change, job.id)]
  expect((await publish(target, [...parts, change], { applied: known })).at(-1)).toMatchObject({ outcome: "accepted" })
  expect(living(fake)).toEqual([job.id])
  await target.close()
})

test("T507 a job that somebody killed, and a file that somebody removed, are seen as gone; an end that was moved as a changed field", async () => {
  const fake = await startFakeOozie()
  const target = targetAt(fake)
  const make = new ChangeMaker()
  const change = coordinator(make, "c", daily)
  await publish(target, [...workflow(make, "w", flow, small()), change])
  const scope = { workspace: "suite", collections: ["workflows", "workflowNodes", "coordinators"] }
  const seen = async (): Promise<readonly string[]> =>
    (await target.observe(scope, never)).records.map(({ fields }) => fields)
  expect(await seen()).toContain(change.after)
  expect((await target.observe(scope, never)).complete).toBe(true)
  const [job] = fake.jobs
  if (job === undefined) return
  job.endTime = "2030-05-05T00:00Z"
  expect((await seen()).at(-1)).toContain('"end":"2030-05-05T00:00Z"')
  job.status = "KILLED"
  expect(await seen()).toHaveLength(5)
  for (const path of fake.hdfs.files.keys()) if (path.endsWith("/workflow.xml")) fake.hdfs.files.delete(path)
  expect(await seen()).toHaveLength(0)
  await fake.server.kill()
  expect((await target.observe(scope, never)).complete).toBe(false)
  await target.close()
})

test("T508 that Oozie prints a definition anew at an update is no drift; what somebody else changed in it is", async () => {
  const fake = await startFakeOozie()
  const target = targetAt(fake)
  const make = new ChangeMaker()
  const first = coordinator(make, "c", daily)
  await publish(target, [...workflow(make, "w", flow, small()), first])
  const [job] = fake.jobs
  if (job === undefined) return
  const second = coordinator(make, "c", { ...daily, controls: [el("throttle", {}, "3")] })
  expect(outcomes(await publish(target, [second], { applied: [applied(first, job.id)] }))).toEqual(["accepted"])
  expect(job.definition).toMatch(/^<coordinator-app.*\r\n {2}<controls>/)
  const scope = { workspace: "suite", collections: ["coordinators"] }
  const seen = async (): Promise<unknown> => (await target.observe(scope, never)).records[0]?.fields
  expect(await seen()).toBe(second.after)
  job.definition = job.definition.replace(">3<", ">4<")
  expect(await seen()).toContain(`"definition":"changed at ${job.id}"`)
  await target.close()

  const written = `<?xml version="1.0"?><!-- ours --><a xmlns="u" xmlns:s="v" b="1" c="2"><d xmlns="u"> one<!-- and -->&#10;two </d><s:e/></a>`
  const same = `<a xmlns="u" c="2" xmlns:s="v" b="1">\r\n  <d>one\r\ntwo</d>\r\n  <s:e />\r\n</a>`
  expect(definitionDigest(same)).toBe(definitionDigest(written))
  const others = [
    ["one", "One"],
    ["one\r\ntwo", "one two"],
    ['"u"', '"w"'],
    ["<d>", '<d xmlns="">'],
    ['b="1"', 'b="1 "'],
    ["<s:e />", ""],
    ["</a>", "</a"],
  ] as const
  const digests = others.map(([from, to]) => definitionDigest(same.replace(from, to)))
  expect(new Set([...digests, definitionDigest(same)]).size).toBe(others.length + 1)
})
