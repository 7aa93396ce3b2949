import { join } from "node:path"
import { launchBrowser, tempDir, waitFor } from "@millrace/testkit"
import type { Page } from "playwright-core"
import { expect, test } from "vitest"
import type { ReactPage } from "./browser/react-page.tsx"
import { servePage } from "./browser/serve-page.ts"
import { startStage, token } from "./stage.ts"

declare const reactPage: ReactPage

const textOf = (page: Page, selector: string): Promise<string> => page.locator(selector).innerText()

test("C383 in Chromium hooks take over what a server rendered, follow edits of both people, and keep what did not change", async () => {
  const address = await servePage("react-page.tsx")
  const stage = await startStage()
  const open = async (name: string): Promise<Page> => {
    const browser = await launchBrowser({ profileDir: join(tempDir("react"), "profile") })
    const page = await browser.newPage()
    await page.goto(address)
    await page.waitForFunction(() => "reactPage" in globalThis)
    const given = { url: stage.url, token: await token("write", undefined, name), name }
    await page.evaluate((options) => reactPage.open(options), given)
    return page
  }
  const ann = await open("Ann")
  expect(await textOf(ann, "button")).toBe("nothing")
  await ann.evaluate(() => reactPage.put("a", "one", "shown"))
  // Shown in the same tick as it was written.
  expect(await textOf(ann, "button")).toBe("one")
  await waitFor(async () => (await textOf(ann, "output")) === "online 0 durable", {
    what: "the status",
  })
  const bob = await open("Bob")
  await waitFor(async () => (await textOf(bob, "button")) === "one", { what: "Bob to see it" })
  await bob.evaluate(() => reactPage.put("b", "zwei", "shown"))
  await waitFor(async () => (await ann.locator("li").allInnerTexts()).join() === "one,zwei", {
    what: "Bob's in the list",
  })
  await waitFor(async () => (await textOf(ann, "aside")) === "Bob" && (await textOf(bob, "aside")) === "Ann", {
    what: "both to see each other",
  })
  expect(await ann.evaluate(() => reactPage.said())).toEqual({ name: "Ann", place: "the list" })
  // What concerns nothing that is shown renders nothing.
  await waitFor(async () => (await textOf(ann, "output")) === "online 0 durable", { what: "quiet" })
  const before = await ann.evaluate(() => reactPage.counts())
  await ann.evaluate(() => reactPage.put("hidden", "three"))
  await waitFor(async () => (await textOf(ann, "output")) === "online 0 durable", { what: "quiet" })
  const after = await ann.evaluate(() => reactPage.counts())
  expect({ list: after.list, one: after.one, rows: after.rows }).toEqual({
    list: before.list,
    one: before.one,
    rows: before.rows,
  })
  // Another record, another order.
  await ann.evaluate(() => reactPage.show("hidden"))
  expect(await textOf(ann, "button")).toBe("three")
  await ann.locator("ul").click()
  expect(await ann.locator("li").allInnerTexts()).toEqual(["zwei", "one"])
  await ann.locator("button").click()
  expect(await textOf(ann, "button")).toBe("three!")
  // Whoever leaves is gone from the others' lists, and nothing is left behind.
  await bob.evaluate(() => reactPage.unmount())
  expect(await bob.evaluate(() => reactPage.said())).toBeNull()
  await waitFor(async () => (await textOf(ann, "aside")) === "", { what: "Bob to be gone" })
  for (const page of [ann, bob]) expect((await page.evaluate(() => reactPage.counts())).errors).toEqual([])
})
