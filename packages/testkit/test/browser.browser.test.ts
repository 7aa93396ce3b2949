import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { expect, test } from "vitest"
import { atEndOfTests, launchBrowser, tempDir, waitFor } from "../src/index.ts"

async function startPage(): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "text/html")
    response.end("<!doctype html><title>page</title>")
  })
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve))
  atEndOfTests(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

test("a profile keeps what a page stored, over a close and over a SIGKILL", async () => {
  const url = await startPage()
  const profileDir = tempDir("profile")

  const first = await launchBrowser({ profileDir })
  const page = await first.newPage()
  await page.goto(url)
  await page.evaluate(() => localStorage.setItem("kept", "yes"))
  await first.close()
  await first.close()

  const second = await launchBrowser({ profileDir })
  const again = await second.newPage()
  await again.goto(url)
  expect(await again.evaluate(() => localStorage.getItem("kept"))).toBe("yes")
  // IndexedDB with strict durability is on disk when the transaction completes; localStorage is not.
  await again.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open("db", 1)
        opening.addEventListener("upgradeneeded", () => void opening.result.createObjectStore("s"))
        opening.addEventListener("error", () => reject(new Error("no database")))
        opening.addEventListener("success", () => {
          const transaction = opening.result.transaction("s", "readwrite", { durability: "strict" })
          transaction.objectStore("s").put("value", "key")
          transaction.addEventListener("complete", () => resolve())
        })
      }),
  )
  await second.kill()

  const third = await launchBrowser({ profileDir })
  const last = await third.newPage()
  await last.goto(url)
  const value = await last.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open("db", 1)
        opening.addEventListener("error", () => reject(new Error("no database")))
        opening.addEventListener("success", () => {
          const reading = opening.result.transaction("s").objectStore("s").get("key")
          reading.addEventListener("success", () => resolve(reading.result))
        })
      }),
  )
  expect(value).toBe("value")
  await third.kill()
})

test("offline cuts requests and comes back", async () => {
  const url = await startPage()
  const browser = await launchBrowser({ profileDir: tempDir("profile") })
  const page = await browser.newPage()
  await page.goto(url)
  const asks = (): Promise<boolean> =>
    page.evaluate(
      (address) =>
        fetch(address).then(
          (answer) => answer.ok,
          () => false,
        ),
      url,
    )
  expect(await asks()).toBe(true)
  await browser.setOffline(true)
  expect(await asks()).toBe(false)
  expect(await page.evaluate(() => navigator.onLine)).toBe(false)
  await browser.setOffline(false)
  await waitFor(asks, { what: "the page to reach its server again" })
  await browser.close()
})
