import { join, resolve } from "node:path"
import { launchBrowser, spawnNode, tempDir, type TestBrowser, waitFor } from "@millrace/testkit"
import type { Page } from "playwright-core"
import { expect, test } from "vitest"
import { startDocApp } from "./browser/doc-app.ts"

const millrace = resolve(import.meta.dirname, "../../../apps/millrace/src/main.ts")
const index = (script: string): string =>
  `<!doctype html><title>app</title><body><script type="module" src="/${script}"></script></body>`

const profile = (): Promise<TestBrowser> => launchBrowser({ profileDir: join(tempDir("docs"), "profile") })

test("C384 docs/first-list.md: twenty lines, typed, run as it says, are a list that two people keep, offline too", async () => {
  const data = tempDir("docs")
  const start = (port: number): ReturnType<typeof spawnNode> =>
    spawnNode(millrace, {
      args: ["start", "--no-open", "--port", String(port), "--data", data],
      readyLine: /^ready: http:\/\/127\.0\.0\.1:(\d+)\/$/,
      readyDeadlineMs: 60_000,
    })
  let server = await start(0)
  const port = Number(server.ready)
  const app = await startDocApp({
    page: "first-list.md",
    server: ["http://127.0.0.1:4400", `http://127.0.0.1:${port}`],
    more: { "index.html": index("main.tsx") },
  })
  const code = app.files.get("main.tsx") ?? ""
  expect(code.split("\n").filter((line) => line.trim() !== "").length).toBeLessThanOrEqual(20)

  const open = async (): Promise<Page> => {
    const page = await (await profile()).newPage()
    await page.goto(app.url)
    return page
  }
  const shows = (page: Page, status: string, ...todos: readonly string[]): Promise<unknown> =>
    waitFor(
      async () => {
        const [output, all] = [await page.locator("output").innerText(), await page.locator("p").allInnerTexts()]
        return output === status && all.join() === todos.join()
      },
      // Attempts to connect are up to ten seconds apart.
      { what: `${status}: ${todos.join()}`, deadlineMs: 60_000 },
    )
  const add = async (page: Page, title: string): Promise<void> => {
    await page.locator("input").fill(title)
    await page.locator("input").press("Enter")
  }

  const [ann, bob] = [await open(), await open()]
  await shows(ann, "online, 0 waiting")
  await add(ann, "bread")
  await shows(bob, "online, 0 waiting", "☐ bread")
  await server.killGroup()
  await shows(ann, "offline, 0 waiting", "☐ bread")
  await add(ann, "milk")
  await bob.locator("p").click()
  await shows(ann, "offline, 1 waiting", "☐ bread", "☐ milk")
  await ann.reload()
  await shows(ann, "offline, 1 waiting", "☐ bread", "☐ milk")
  await shows(bob, "offline, 1 waiting", "☑ bread")
  server = await start(port)
  // As a browser does that has its network back: no waiting for the next attempt.
  for (const page of [ann, bob]) await page.evaluate(() => void globalThis.dispatchEvent(new Event("online")))
  for (const page of [ann, bob]) await shows(page, "online, 0 waiting", "☑ bread", "☐ milk")
})
