import { readFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { launchBrowser, type TestBrowser } from "@millrace/testkit"
import { build } from "vite"
import type { BenchPage } from "./page.ts"

declare const benchPage: BenchPage

export interface BrowserFigures {
  readonly openMs: readonly number[]
  readonly applyMs: readonly number[]
}

/** Opens the same records in a real Chromium, its profile on disk, by turns from IndexedDB and as nested maps; a page for each time. */
export async function openInBrowser(
  folder: string,
  nested: string,
  records: number,
  runs: number,
): Promise<BrowserFigures> {
  const server = await servePage(nested)
  const browser = await launchBrowser({ profileDir: join(folder, "profile") })
  try {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    await inPage(browser, address, (count) => benchPage.fill(count), records)
    const openMs: number[] = []
    const applyMs: number[] = []
    for (let run = 0; run < runs; run++) {
      openMs.push(await inPage(browser, address, (count) => benchPage.openAndAsk(count), records))
      applyMs.push(await inPage(browser, address, (count) => benchPage.applyNested(count), records))
    }
    return { openMs, applyMs }
  } finally {
    await browser.close()
    server.closeAllConnections()
    server.close()
  }
}

async function inPage<T>(
  browser: TestBrowser,
  address: string,
  work: (records: number) => Promise<T>,
  records: number,
): Promise<T> {
  const page = await browser.newPage()
  await page.goto(address)
  await page.waitForFunction(() => "benchPage" in globalThis)
  const result = await page.evaluate(work, records)
  await page.close()
  return result
}

async function servePage(nested: string): Promise<ReturnType<typeof createServer>> {
  const built = await build({
    configFile: false,
    root: import.meta.dirname,
    logLevel: "error",
    resolve: { conditions: ["source", "module", "browser"], dedupe: ["yjs", "lib0"] },
    build: { write: false, target: "es2023", rolldownOptions: { input: join(import.meta.dirname, "page.ts") } },
  })
  const outputs = [built].flat().flatMap((each) => ("output" in each ? each.output : []))
  const code = outputs.find((each) => each.type === "chunk" && each.isEntry)
  if (code?.type !== "chunk") throw new Error("The page gave no script.")
  const server = createServer((request, response) => {
    if (request.url === "/nested.bin") {
      response.end(readFileSync(nested))
      return
    }
    const isScript = request.url === "/page.js"
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html")
    response.end(
      isScript ? code.code : `<!doctype html><title>bench</title><script type="module" src="/page.js"></script>`,
    )
  })
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve))
  return server
}
