import type { HttpOutcome } from "@millrace/target"
import { hostileTexts } from "@millrace/target/suite"
import { expect, test } from "vitest"
import { classifyOozie, oozieConfig } from "../src/index.ts"
import { readJavaProperties } from "../src/java-properties.ts"
import { jobConfiguration, readConfiguration } from "../src/job-configuration.ts"
import type { Job } from "../src/jobs.ts"
import { oozieFailed } from "../src/result.ts"
import { cutOf, startAfter } from "../src/schedule.ts"

const answer = (status: number, code: string, message: string): HttpOutcome => ({
  type: "answer",
  status,
  headers: code === "" ? {} : { "oozie-error-code": code, "oozie-error-message": `${code}: ${message}` },
  body: code === "" ? message : "",
  truncated: false,
  host: "oozie:11000",
})

test.each([
  [answer(503, "E0002", "System is in safe mode"), "retry"],
  [answer(400, "E0307", "Could not check whether file [..] exists on HDFS. Error: Connection refused"), "retry"],
  [
    answer(400, "E0307", "Runtime error [E0710: Could not read the workflow definition, File does not exist]"),
    "invalid",
  ],
  [answer(400, "E0803", "IO error, E0603: SQL error in operation"), "retry"],
  [answer(400, "E0803", "IO error, E1023: Coord job update error: [Frequency can't be changed]"), "invalid"],
  [answer(400, "E0701", "XML schema error"), "invalid"],
  [answer(400, "E0708", "Invalid transition"), "invalid"],
  [answer(400, "E0604", "Job does not exist [x]"), "gone"],
  [answer(401, "E0508", "User [x] not authorized for WF job"), "auth"],
  [answer(403, "", "forbidden"), "auth"],
  [answer(500, "", "<title>Error 500</title>"), "retry"],
  [answer(404, "", "<title>Not Found</title>"), "retry"],
  [answer(429, "", "slow"), "rate"],
  [{ type: "unreached", reason: "oozie:11000: connect ECONNREFUSED" }, "retry"],
  [{ type: "unknown", reason: "no answer within 20000 ms" }, "retry"],
  [{ type: "unauthenticated", reason: "no secret" }, "auth"],
] as readonly (readonly [HttpOutcome, string])[])("T490 %j is %s", (outcome, kind) => {
  const result = oozieFailed(outcome)
  if (result.done) throw new Error("a failure was wanted")
  expect(classifyOozie(result.failure, { nowMs: 0 })).toMatchObject({ outcome: "failed", kind })
})

test("T491 a job's configuration holds any text as itself, and nothing more", () => {
  const texts = hostileTexts.filter((text) => !text.includes("\u0000") && !text.includes("\ud83d alone"))
  const evil = "</value></property><property><name>user.name</name><value>root"
  const properties = Object.fromEntries([...texts, evil].map((text, at) => [`p${at}`, text]))
  expect({ ...readConfiguration(jobConfiguration(properties)) }).toEqual(properties)
  expect(() => jobConfiguration({ x: "nul\u0000" })).toThrow(/"x" holds a character/)
})

test("T492 a Java properties file is read as Java does", () => {
  const text = "# c\n! c\n a = 1\nb:2\nc 3\nd=x\\\n   y\ne\\=f=g\nh=\\u00e9\\t\\\\\ni=\r\nj = ${a}/b \n__proto__=1\na=9"
  expect(Object.entries(readJavaProperties(text))).toEqual([
    ["a", "9"],
    ["b", "2"],
    ["c", "3"],
    ["d", "xy"],
    ["e=f", "g"],
    ["h", "é\t\\"],
    ["i", ""],
    ["j", "${a}/b "],
    ["__proto__", "1"],
  ])
})

const time = (text: string): number => Date.parse(`2026-11-26T${text}Z`)
const job = (fields: object): Job =>
  ({
    status: "RUNNING",
    actions: [],
    startMs: time("00:00"),
    endMs: time("23:00"),
    nextMs: undefined,
    ...fields,
  }) as unknown as Job

test("T493 a cut is the first nominal time that has not begun, and the same when it is asked for again later", () => {
  const waiting = { status: "WAITING", nominalMs: time("10:00") }
  const begun = { status: "RUNNING", nominalMs: time("09:00") }
  expect(cutOf(job({ actions: [begun, waiting], nextMs: time("11:00") }), time("09:30"))).toBe(time("10:00"))
  expect(cutOf(job({ actions: [begun], nextMs: time("10:00") }), time("09:30"))).toBe(time("10:00"))
  // It lags behind: what it has not made yet is left to the next.
  expect(cutOf(job({ actions: [begun], nextMs: time("09:10") }), time("09:30"))).toBe(time("09:10"))
  expect(cutOf(job({ actions: [begun], endMs: time("10:00"), nextMs: time("12:00") }), time("11:30"))).toBe(
    time("10:00"),
  )
  expect(cutOf(job({ status: "SUCCEEDED", endMs: time("10:00") }), time("11:30"))).toBe(time("10:00"))
  expect(cutOf(job({}), time("11:30"))).toBe(time("23:00"))
})

test("T493 the next job begins at or after the cut: minutes and hours in the phase of their start, others at the cut", () => {
  const cut = time("10:10")
  expect(startAfter(cut, "2026-11-26T00:05Z", "${coord:minutes(15)}")).toBe(time("10:20"))
  expect(startAfter(cut, "2026-11-26T00:10Z", "${coord:hours(1)}")).toBe(time("10:10"))
  expect(startAfter(cut, "2026-11-26T00:00Z", "${coord:days(1)}")).toBe(cut)
  expect(startAfter(cut, "2026-11-26T00:00Z", "0/5 * * * *")).toBe(cut)
  expect(startAfter(cut, "2026-11-26T12:00Z", "15")).toBe(time("12:00"))
  expect(startAfter(cut, "${start}", "15")).toBe(cut)
})

const good = {
  kind: "oozie",
  url: "http://o/oozie",
  webHdfsUrl: "http://n/webhdfs/v1",
  nameNode: "hdfs://c",
  user: "m",
}

test.each([
  [{ ...good, url: undefined }, "targets.o needs either url or urls"],
  [{ ...good, nameNode: "c" }, "targets.o.nameNode"],
  [{ ...good, user: "a b" }, "targets.o.user"],
  [{ ...good, folder: "/a b" }, "targets.o.folder"],
  [{ ...good, folder: "/a/../b" }, "targets.o.folder"],
  [{ ...good, actAs: "root" }, "targets.o.actAs"],
  [{ ...good, properties: { a: 1 } }, "targets.o.properties.a"],
  [{ ...good, url: "http://u:secret@o/oozie" }, "targets.o.url must not hold user and password"],
  [{ ...good, auth: { kind: "basic", user: "x", password: "secret" } }, "targets.o.auth.password"],
  [{ ...good, extra: 1 }, "targets.o.extra"],
])("T494 the settings %j are refused: %s", (settings, message) => {
  expect(() => oozieConfig(settings, "targets.o")).toThrow(message)
})
