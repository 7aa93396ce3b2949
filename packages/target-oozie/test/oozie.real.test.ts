import { ChangeMaker } from "@millrace/target/suite"
import { type OozieServer, startOozie, tempDir } from "@millrace/testkit"
import { beforeAll, expect, test } from "vitest"
import { act, outcomes, publish, reportOf, targetAt } from "./real-oozie.ts"
import { makeFolder, shell, small, workflow } from "./sample-definitions.ts"

let server: OozieServer

beforeAll(async () => {
  server = await startOozie({ dir: tempDir("oozie") })
})

test("T520 a workflow with fork, join, decision, fs and shell is published, runs to SUCCEEDED, and each action is reported", async () => {
  const target = targetAt(server, "u1")
  const okOrFail = (next: string): readonly (readonly [string, string])[] => [
    ["ok", next],
    ["error", "fail"],
  ]
  const changes = workflow(new ChangeMaker(), "flow", { path: "jobs/flow/workflow.xml" }, [
    { kind: "start", to: [["start", "split"]] },
    {
      kind: "fork",
      name: "split",
      to: [
        ["path", "folder"],
        ["path", "speak"],
      ],
    },
    { kind: "action", name: "folder", action: makeFolder("/apps/u1/flow"), to: okOrFail("meet") },
    { kind: "action", name: "speak", action: shell("echo k=v42"), to: okOrFail("meet") },
    { kind: "join", name: "meet", to: [["join", "choose"]] },
    {
      kind: "decision",
      name: "choose",
      to: [
        ["case", "last", "${fs:exists('/apps/u1/flow')}"],
        ["default", "fail"],
      ],
    },
    { kind: "action", name: "last", action: makeFolder("/apps/u1/last"), to: okOrFail("end") },
    { kind: "kill", name: "fail", message: "failed" },
    { kind: "end", name: "end" },
  ])
  expect(outcomes(await publish(target, changes))).toEqual(changes.map(() => "accepted"))
  const started = await act(target, "run", "flow")
  expect(started).toMatchObject({ outcome: "done" })
  const report = await reportOf(
    target,
    ["workflows", "flow"],
    ({ state }) => state !== "running" && state !== "waiting",
  )
  expect(report).toMatchObject({ state: "succeeded", rawState: "SUCCEEDED", kind: "workflow" })
  expect(report.parts?.map(({ name, state }) => `${name} ${state}`).sort()).toEqual([
    "folder succeeded",
    "last succeeded",
    "speak succeeded",
  ])
  // The same request again is the same job.
  expect(await act(target, "run", "flow")).toEqual({ ...started, detail: expect.stringContaining("runs it") as string })
  await target.close()
})

test("T521 an action that fails is reported with its error, and a rerun takes the definition that is published by then", async () => {
  const target = targetAt(server, "u2")
  const make = new ChangeMaker()
  const place = { path: "jobs/broken/workflow.xml" }
  await publish(target, workflow(make, "broken", place, small(shell("exit 3"))))
  await act(target, "run", "broken")
  const failed = await reportOf(target, ["workflows", "broken"], ({ state }) => state === "killed")
  expect(failed.parts?.find(({ name }) => name === "work")).toMatchObject({
    state: "failed",
    detail: expect.stringMatching(/exit code \[1\]/) as string,
  })
  expect(failed.detail).toMatch(/work: .*exit code/)
  const mended = workflow(make, "broken", place, small(makeFolder("/apps/u2")))
  expect(outcomes(await publish(target, mended))).toEqual(mended.map(() => "accepted"))
  expect(await act(target, "rerun", "broken")).toMatchObject({ outcome: "done" })
  await reportOf(target, ["workflows", "broken"], ({ state }) => state === "succeeded")
  await target.close()
})
