import { join } from "node:path"
import { launchBrowser, tempDir, type TestBrowser, waitFor } from "@millrace/testkit"
import type { Page } from "playwright-core"
import { beforeAll, expect, test } from "vitest"
import type { MirrorPage } from "./browser/mirror-page.ts"
import { servePage } from "./browser/serve-page.ts"

declare const mirrorPage: MirrorPage

let address = ""
beforeAll(async () => {
  address = await servePage("mirror-page.ts")
})

function newProfile(): () => Promise<TestBrowser> {
  const profileDir = join(tempDir("mirror"), "profile")
  return () => launchBrowser({ profileDir })
}

async function openTab(browser: TestBrowser, options: Parameters<MirrorPage["open"]>[0] = {}): Promise<Page> {
  const page = await browser.newPage()
  await page.goto(address)
  await page.waitForFunction(() => "mirrorPage" in globalThis)
  await page.evaluate((given) => mirrorPage.open(given), options)
  return page
}

const rowsOf = (page: Page): Promise<Record<string, unknown>> => page.evaluate(() => mirrorPage.rows())
const recordsOf = (page: Page): Promise<Record<string, unknown>> => page.evaluate(() => mirrorPage.records())

test("I26 in Chromium on disk both of two tabs hear every change in commit order, and neither can write through", async () => {
  const launch = newProfile()
  const browser = await launch()
  const one = await openTab(browser)
  const two = await openTab(browser)
  await waitFor(() => two.evaluate(() => mirrorPage.status()?.state === "current"), { what: "the stores" })
  const settle = (): Promise<unknown> =>
    Promise.all([one, two].map((page) => page.evaluate(() => mirrorPage.settled())))
  await settle()
  const start = await Promise.all([one, two].map((page) => page.evaluate(() => mirrorPage.heard.length)))
  for (let round = 0; round < 10; round += 1) {
    const write = (page: Page, tab: string): Promise<void> =>
      page.evaluate(([id, count]) => mirrorPage.put(id, { count }), [`${tab}${round % 3}`, round] as const)
    await Promise.all([write(one, "one"), write(two, "two")])
  }
  await settle()
  const expected = Object.fromEntries(
    ["one", "two"].flatMap((tab) => [9, 7, 8].map((round, at) => [`${tab}${at}`, { count: round }])),
  )
  expect(await rowsOf(one)).toEqual(expected)
  expect(await rowsOf(two)).toEqual(expected)
  const all = (page: Page, from = 0): ReturnType<typeof page.evaluate<MirrorPage["heard"], number>> =>
    page.evaluate((skipped) => mirrorPage.heard.slice(skipped), from)
  await waitFor(async () => (await all(one)).at(-1)?.number === (await all(two)).at(-1)?.number, { what: "all heard" })
  const byOne = await all(one, start[0])
  expect(byOne.length).toBeGreaterThanOrEqual(6)
  expect(await all(two, start[1])).toEqual(byOne)
  const last = new Map<string, unknown>()
  for (const event of byOne) {
    if (event.op === "reset") throw new Error("Nothing was rebuilt.")
    expect(event.before).toEqual(last.get(event.id))
    last.set(event.id, event.after)
  }
  expect(Object.fromEntries(last)).toEqual(expected)
  expect(await two.evaluate(() => mirrorPage.keys("byAge", 1))).toEqual([])
  for (const page of [one, two]) {
    expect(await page.evaluate(() => mirrorPage.writeThrough())).toContain("workspace.collection")
  }
  // The tab that writes goes; the other takes over, with what that one had left.
  await one.evaluate(() => void mirrorPage.put("late", { count: 1 }))
  await one.close()
  await two.evaluate(() => mirrorPage.put("after", { count: 2 }))
  await two.evaluate(() => mirrorPage.settled())
  expect(await two.evaluate(() => mirrorPage.status()?.writes)).toBe(true)
  expect(await rowsOf(two)).toMatchObject({ after: { count: 2 } })
  await browser.close()
})

test("I25 in Chromium on disk another schema's page rebuilds the stores with progress, and the older page says so", async () => {
  const launch = newProfile()
  const browser = await launch()
  const old = await openTab(browser)
  await old.evaluate(() => mirrorPage.fill(0, 5_000))
  await old.evaluate(() => mirrorPage.settled())
  expect(await old.evaluate(() => mirrorPage.indexes())).toEqual(["byAge", "byName"])
  const young = await openTab(browser, { younger: true })
  await waitFor(() => old.evaluate(() => mirrorPage.status()?.state === "superseded"), { what: "the older to give up" })
  await young.evaluate(() => mirrorPage.settled())
  expect(await young.evaluate(() => mirrorPage.indexes())).toEqual(["byAge", "byTeam"])
  expect(await young.evaluate(() => mirrorPage.keys("byTeam", ["team 7", 7]))).toEqual(["p7"])
  const progress = await young.evaluate(() => mirrorPage.states.flatMap((status) => status.progress ?? []))
  expect(progress.at(-1)).toEqual({ done: 5_000, total: 5_000 })
  expect(progress.length).toBeGreaterThan(2)
  expect(await rowsOf(young)).toEqual(await recordsOf(young))
  await browser.close()
})

test("I24 after SIGKILL of the browser in the middle of writing, the stores equal the document", async () => {
  const launch = newProfile()
  let expected = 0
  for (let round = 0; round < 3; round += 1) {
    const browser = await launch()
    const page = await openTab(browser, { younger: round === 2 })
    await page.evaluate(() => mirrorPage.settled())
    const rows = await rowsOf(page)
    expect(rows).toEqual(await recordsOf(page))
    expect(Object.keys(rows).length).toBeGreaterThanOrEqual(expected)
    if (round === 0) {
      await page.evaluate(() => mirrorPage.fill(0, 2_000))
      expected = 2_000
    }
    const other = await openTab(browser, { younger: round === 2 })
    for (const each of [page, other]) await each.evaluate(() => void mirrorPage.burst())
    await waitFor(async () => (await page.evaluate(() => mirrorPage.heard.length)) > 30, { what: "some changes" })
    await browser.kill()
  }
  const browser = await launch()
  const page = await openTab(browser, { younger: true })
  await page.evaluate(() => mirrorPage.settled())
  expect(await rowsOf(page)).toEqual(await recordsOf(page))
  await browser.close()
})
