import { cpSync, readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { extname, join } from "node:path"
import { atEndOfTests, launchBrowser, tempDir, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { statusesKept } from "./support/kept.ts"
import { newBrowser, openPage } from "./support/page.ts"
import { buildPage, dist, joinWorkspace, seedSmall, startSystem } from "./support/system.ts"

test("W21 a browser started cold with no server at all opens the page, edits, and keeps the edits", async () => {
  const dir = tempDir("offline")
  const profileDir = join(dir, "profile")
  const system = await startSystem({ dir })
  const other = await joinWorkspace(system)
  await seedSmall(other)
  await other.close()
  const address = `${system.url}/?workspace=catalog`

  const first = await launchBrowser({ profileDir })
  const before = await openPage(first, `${address}#token=${await system.token("catalog", "write")}`)
  await before.row("shop.orders").waitFor()
  await before.state("saved")
  await before.page.locator("[data-testid=shell-status][data-state=ready]").waitFor()
  await waitFor(() => before.page.evaluate(statusesKept, "millrace:catalog"), { what: "the statuses to be kept" })
  await first.close()
  await system.stop()

  const second = await launchBrowser({ profileDir })
  const offline = await openPage(second, address)
  await offline.state("offline")
  await offline.row("shop.orders").click()
  await offline.at("field-comment").fill("typed without any server")
  await offline.at("field-comment").press("Enter")
  await offline.waiting(1)
  await second.close()

  const third = await launchBrowser({ profileDir })
  const again = await openPage(third, `${address}&dataset=shop.orders`)
  await again.state("offline")
  await again.waiting(1)
  expect(await again.at("field-comment").inputValue()).toBe("typed without any server")

  // The server returns; the pasted token went with the browser, so it is asked for, and then everything arrives.
  await system.restart()
  await again.at("token-form").waitFor({ timeout: 60_000 })
  await again.at("token-input").fill(await system.token("catalog", "write"))
  await again.at("token-submit").click()
  await again.state("saved")
  const reader = await joinWorkspace(system)
  expect(reader.collection("datasets").get("shop.orders")?.comment).toBe("typed without any server")
  await reader.close()
})

test("W22 a new version of the page waits until it is asked for, and is then in force as a whole", async () => {
  await buildPage()
  const folder = join(tempDir("shell"), "dist")
  cpSync(dist, folder, { recursive: true })
  const asked: string[] = []
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://page")
    asked.push(pathname)
    try {
      const body = readFileSync(join(folder, pathname === "/" ? "index.html" : pathname))
      const type = types[pathname === "/" ? ".html" : extname(pathname)] ?? "text/plain"
      response.writeHead(200, { "content-type": type, "cache-control": "no-cache" }).end(body)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  atEndOfTests(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  const listening = server.address()
  if (typeof listening !== "object" || listening === null) throw new Error("no address")
  const url = `http://127.0.0.1:${listening.port}/`

  const browser = await newBrowser("shell")
  const web = await openPage(browser, url)
  await web.page.locator("[data-testid=shell-status][data-state=ready]").waitFor()
  const version = (): Promise<string | null> =>
    web.page.evaluate(() => document.querySelector("meta[name=test-version]")?.getAttribute("content") ?? null)

  // A version that cannot be fetched whole is not installed.
  change(folder, "a", ["/assets/missing.js"])
  await web.page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update())
  await waitFor(() => asked.includes("/assets/missing.js"), { what: "the broken version to be fetched" })
  await web.page.reload()
  await web.at("workspace-status").waitFor()
  expect(await version()).toBeNull()
  expect(await web.at("shell-update").count()).toBe(0)

  change(folder, "b", [])
  await web.page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update())
  await web.at("shell-update").waitFor()
  await web.page.reload()
  await web.at("shell-update").waitFor()
  expect(await version()).toBeNull()
  await web.at("shell-update").click()
  await waitFor(async () => (await version()) === "b", { what: "the new version to be in force" })
  await web.page.locator("[data-testid=shell-status][data-state=ready]").waitFor()
  expect(await web.page.evaluate(() => caches.keys())).toEqual(["millrace-shell-version-b"])
  expect(asked.some((path) => path.startsWith("/dev/token"))).toBe(true)
  const cached = await web.page.evaluate(async () => {
    const cache = await caches.open("millrace-shell-version-b")
    return (await cache.keys()).map((request) => new URL(request.url).pathname)
  })
  expect(cached.filter((path) => /^\/(dev|sync|api)/.test(path))).toEqual([])
})

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
}

/** Makes the folder a version of its own, as a build with other sources would. */
function change(folder: string, version: string, more: readonly string[]): void {
  const page = join(folder, "index.html")
  const html = readFileSync(join(dist, "index.html"), "utf8")
  writeFileSync(page, html.replace("<head>", `<head><meta name="test-version" content="${version}">`))
  const worker = readFileSync(join(dist, "service-worker.js"), "utf8")
  const files = more.map((file) => `${JSON.stringify(file)},`).join("")
  writeFileSync(
    join(folder, "service-worker.js"),
    worker
      .replaceAll(/"version":"[0-9a-f]+"/g, `"version":"version-${version}"`)
      .replaceAll('"files":[', `"files":[${files}`),
  )
}
