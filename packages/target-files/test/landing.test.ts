import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { systemClock } from "@millrace/ports"
import type { Change, LogTarget } from "@millrace/target"
import { ChangeMaker, type Held, hostileTexts, type Subject, targetSuite } from "@millrace/target/suite"
import { type FakeClock, fakeClock, startFakeHdfs, tempDir, waitFor } from "@millrace/testkit"
import { describe, expect, test } from "vitest"
import { createLandingTarget, landingConfig } from "../src/index.ts"

const never = { signal: new AbortController().signal }
const hourMs = 3_600_000
const startMs = Date.parse("2026-11-26T08:30:00Z")

interface Place {
  readonly settings: object
  /** Text by path, without drafts. */
  files(): Promise<ReadonlyMap<string, string>>
}

function onDisk(dir = join(tempDir("landing"), "in")): Place {
  return {
    settings: { dir },
    files: async () => {
      const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => [])
      const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
      const texts = paths.map(async (path) => [path.slice(dir.length + 1), await readFile(path, "utf8")] as const)
      return new Map((await Promise.all(texts)).sort(([a], [b]) => (a < b ? -1 : 1)))
    },
  }
}

async function onHdfs(): Promise<Place> {
  const hdfs = await startFakeHdfs()
  return {
    settings: { webHdfsUrl: hdfs.url, user: "alice", folder: "/data/in" },
    files: () => {
      const files = [...hdfs.files].map(
        ([path, bytes]) => [path.slice("/data/in/".length), bytes.toString("utf8")] as const,
      )
      return Promise.resolve(new Map(files.sort(([a], [b]) => (a < b ? -1 : 1))))
    },
  }
}

function open(place: Place, clock: FakeClock, more: object = {}): LogTarget {
  return createLandingTarget("in", landingConfig({ kind: "landing", ...place.settings, ...more }, "targets.in"), {
    clock,
  })
}

async function land(target: LogTarget, changes: readonly Change[]): Promise<void> {
  const receipts = await target.apply({ binding: "b", changes }, never)
  expect(receipts.filter(({ outcome }) => outcome !== "accepted")).toEqual([])
}

const names = async (place: Place): Promise<readonly string[]> => [...(await place.files()).keys()]
const period = (hour: string): string => `suite/datasets/2026/11/26/${hour}`

/** Advances to the next full hour and awaits what the target does by then. */
async function hourLater(clock: FakeClock, place: Place, flag: string): Promise<void> {
  // A call under way has a deadline of its own, and the period's timer comes after it: none of them may be passed over.
  const isIdle = (): boolean => {
    const dueInMs = (clock.nextAtMs ?? Number.NaN) - clock.nowMs()
    return dueInMs === 0 || dueInMs > 10 * 60_000
  }
  await waitFor(isIdle, { what: "the timer of the period" })
  clock.advance(hourMs)
  await waitFor(async () => (await names(place)).includes(flag), { what: flag })
}

describe.each([
  ["disk", () => Promise.resolve(onDisk())],
  ["HDFS", onHdfs],
] as const)("landing on %s", (_, makePlace) => {
  test("T530 rows of a period become one closed file, then the done flag; a quiet period has its flag too", async () => {
    const [place, clock] = [await makePlace(), fakeClock(startMs)]
    const target = open(place, clock)
    const make = new ChangeMaker()
    await land(target, make.records(2))
    await land(target, make.records(2, "more-"))
    expect((await names(place)).every((name) => name.includes("/08/.open/"))).toBe(true)
    await hourLater(clock, place, `${period("08")}/_SUCCESS`)
    await hourLater(clock, place, `${period("09")}/_SUCCESS`)
    await land(target, [make.next("record-0", null)])
    const files = await place.files()
    expect([...files.keys()].filter((name) => !name.includes(".open"))).toEqual([
      `${period("08")}/_SUCCESS`,
      `${period("08")}/part-00000.jsonl`,
      `${period("09")}/_SUCCESS`,
    ])
    const rows = (files.get(`${period("08")}/part-00000.jsonl`) ?? "").trimEnd().split("\n")
    expect(rows.map((row) => (JSON.parse(row) as { record: string }).record)).toEqual([
      "record-0",
      "record-1",
      "more-0",
      "more-1",
    ])
    await target.close()
  })

  test("T531 what is sent again, whole, in part, after a restart or a period later, is no second row", async () => {
    const [place, clock] = [await makePlace(), fakeClock(startMs)]
    const changes = new ChangeMaker().records(5)
    const first = open(place, clock)
    await land(first, changes.slice(0, 3))
    await land(first, changes.slice(1, 4))
    await first.close()
    const second = open(place, clock)
    await land(second, changes)
    await hourLater(clock, place, `${period("08")}/_SUCCESS`)
    await land(second, changes)
    await second.close()
    const third = open(place, clock)
    await land(third, changes)
    await hourLater(clock, place, `${period("09")}/_SUCCESS`)
    await third.close()
    const parts = [...(await place.files())].filter(([name]) => name.includes("part-"))
    expect(parts.map(([name, text]) => [name, text.split("\n").length - 1])).toEqual([
      [`${period("08")}/part-00000.jsonl`, 5],
    ])
  })

  test("T532 a period that was over while nobody ran is closed at the start, with those that came after it", async () => {
    const [place, clock] = [await makePlace(), fakeClock(startMs)]
    const first = open(place, clock)
    await land(first, new ChangeMaker().records(2))
    await first.close()
    clock.advance(3 * hourMs)
    const second = open(place, clock)
    clock.advance(1)
    await waitFor(async () => (await names(place)).includes(`${period("10")}/_SUCCESS`), { what: "the flags" })
    expect((await names(place)).filter((name) => name.endsWith("_SUCCESS"))).toEqual(
      ["08", "09", "10"].map((hour) => `${period(hour)}/_SUCCESS`),
    )
    await second.close()
  })
})

test("T533 wherever closing a period is cut, it is finished with the same rows and never without one", async () => {
  const [place, clock] = [onDisk(), fakeClock(startMs)]
  const dir = (place.settings as { dir: string }).dir
  const first = open(place, clock)
  const make = new ChangeMaker()
  await land(first, make.records(2))
  await land(first, make.records(2, "more-"))
  await first.close()
  const folder = join(dir, period("08"))
  const flagged = async (): Promise<void> => {
    const target = open(place, clock)
    clock.advance(hourMs)
    await waitFor(async () => (await readdir(folder)).join() === "_SUCCESS,part-00000.jsonl", {
      what: "the closed period",
    })
    await target.close()
  }
  const segments = await readdir(join(folder, ".open"))
  const kept = await Promise.all(segments.map((name) => readFile(join(folder, ".open", name), "utf8")))
  await writeFile(join(folder, ".open", ".writing-1-1"), "half a r")
  await writeFile(join(folder, "part-00000.jsonl"), kept[0] ?? "")
  await flagged()
  const closed = await readFile(join(folder, "part-00000.jsonl"), "utf8")
  expect(closed).toBe(kept.join(""))
  // Behind the flag only the clearing up was cut: some of the waiting files are gone.
  await mkdir(join(folder, ".open"))
  await writeFile(join(folder, ".open", segments[0] ?? ""), kept[0] ?? "")
  await flagged()
  expect(await readFile(join(folder, "part-00000.jsonl"), "utf8")).toBe(closed)
})

test("T534 a row is one line for every reader, and JSON comes back as it was", async () => {
  const [place, clock] = [onDisk(), fakeClock(startMs)]
  const target = open(place, clock)
  const make = new ChangeMaker()
  const changes = hostileTexts.map((text) => make.next(text, { text }))
  await land(target, changes)
  const [text = ""] = (await place.files()).values()
  expect(text.split(/\r\n|[\n\r\u0085\u2028\u2029\v\f]/u).length).toBe(changes.length + 1)
  const back = text
    .trimEnd()
    .split("\n")
    .map((row) => (JSON.parse(row) as { after: { text: string } }).after.text)
  expect(back).toEqual(hostileTexts)
  await target.close()
})

test("T535 a delimited row quotes texts, escapes what ends a line, and guards what a spreadsheet would compute", async () => {
  const [place, clock] = [onDisk(), fakeClock(startMs)]
  const format = { kind: "delimited", columns: { datasets: ["a", "b", "c", "d"] }, header: true }
  const target = open(place, clock, { format })
  const make = new ChangeMaker()
  await land(target, [
    make.next("=1+1", { a: 'x,"y"', b: -5, c: null, d: { z: [1] } }),
    make.next("line\nfeed\u2028\\", { a: "@SUM(A1)", b: "\tx", c: "", d: true, other: "left out" }),
    make.next("=1+1", null),
  ])
  clock.advance(hourMs)
  const name = `${period("08")}/part-00000.csv`
  await waitFor(async () => (await names(place)).includes(`${period("08")}/_SUCCESS`), { what: "the flag" })
  const rows = ((await place.files()).get(name) ?? "").split("\n")
  expect(rows.map((row) => row.replace(/"[0-9a-f]{64}"/, "ID"))).toEqual([
    '"event_id","op","record","version","time","a","b","c","d"',
    `ID,"add","'=1+1","1","2027-01-15T08:00:00.001Z","x,""y""",-5,,"{""z"":[1]}"`,
    `ID,"add","line\\nfeed\\u2028\\\\","1","2027-01-15T08:00:00.002Z","'@SUM(A1)","'\\tx","",true`,
    `ID,"delete","'=1+1","2","2027-01-15T08:00:00.003Z",,,,`,
    "",
  ])
  const [receipt] = await target.apply({ binding: "b", changes: [make.next("x", {}, "columns")] }, never)
  expect(receipt).toMatchObject({ kind: "invalid", reason: expect.stringMatching(/format\.columns/) as string })
  await target.close()
})

test.each([
  [{}, "targets.in needs one of dir"],
  [{ dir: "x", user: "a" }, "targets.in.user has no meaning"],
  [{ dir: "x", periodMinutes: 7 }, "targets.in.periodMinutes must divide a day"],
  [{ dir: "x", doneFlag: "../x" }, "targets.in.doneFlag"],
  [{ dir: "x", format: { kind: "xml" } }, "targets.in.format.kind"],
  [{ dir: "x", format: { kind: "delimited", columns: { a: [] } } }, "targets.in.format.columns.a"],
  [{ dir: "x", format: { kind: "delimited", columns: {}, delimiter: "ab" } }, "targets.in.format.delimiter"],
  [{ webHdfsUrl: "http://u:p@h/webhdfs/v1", user: "a", folder: "/x" }, "targets.in.webHdfsUrl must not hold user"],
  [{ webHdfsUrl: "http://h/webhdfs/v1", user: "a", folder: "/x/../y" }, "targets.in.folder"],
])("T536 the settings %j are refused: %s", (settings, message) => {
  expect(() => landingConfig({ kind: "landing", ...settings }, "targets.in")).toThrow(message)
})

describe("the suite", () => {
  async function make(): Promise<Subject> {
    const root = tempDir("landing")
    const dir = join(root, "in")
    const place = onDisk(dir)
    const target = createLandingTarget("in", landingConfig({ kind: "landing", dir }, "t"), { clock: systemClock })
    let moved = false
    const held = async (): Promise<readonly Held[]> => {
      const texts = [...(await place.files())].filter(([name]) => !name.endsWith("_SUCCESS")).map(([, text]) => text)
      return texts
        .flatMap((text) => text.split("\n").slice(0, -1))
        .map((row) => {
          const { eventId, collection, record, version, after } = JSON.parse(row) as Held & { record: string }
          return { eventId, collection, id: record, version, after: after === null ? null : JSON.stringify(after) }
        })
    }
    return {
      target,
      held,
      die: async () => {
        moved = await rename(dir, join(root, "away")).then(
          () => true,
          () => false,
        )
        await writeFile(dir, "")
      },
      revive: async () => {
        await rm(dir)
        if (moved) await rename(join(root, "away"), dir)
      },
      dispose: () => target.close(),
    }
  }
  for (const { title, run } of targetSuite("log", { make, http: false })) test(title, run)
})
