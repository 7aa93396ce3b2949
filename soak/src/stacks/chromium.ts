import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { launchBrowser } from "@millrace/testkit"
import { build } from "vite"
import type { Look } from "./operations.ts"
import type { StockClients } from "./page.ts"
import type { Stack } from "./stack-client.ts"

/** Set in the page by page.ts. */
declare const stock: StockClients

export interface BrowserStack extends Stack {
  close(): Promise<void>
}

/** `yjs` with `y-websocket` in a page of Chromium; its profile goes to `folder`. */
export async function openChromium(folder: string): Promise<BrowserStack> {
  const server = await servePage(await bundle())
  const browser = await launchBrowser({ profileDir: join(folder, "profile") })
  const page = await browser.newPage()
  await page.goto(server.url)
  await page.waitForFunction(() => typeof stock === "object")
  return {
    name: "yjs in Chromium",
    open: async ({ server: relay, workspace, token }, clientId) => {
      const number = await page.evaluate(([url, name, key, id]) => stock.open(url, name, key, id), [
        `ws://${relay}/sync`,
        workspace,
        token,
        clientId ?? null,
      ] as const)
      return {
        name: "yjs in Chromium",
        edit: (operations) => page.evaluate(([at, list]) => stock.edit(at, list), [number, operations] as const),
        look: async () => (await page.evaluate((at) => stock.look(at), number)) as Look,
        close: () => page.evaluate((at) => stock.close(at), number),
      }
    },
    close: async () => {
      await browser.close()
      server.close()
    },
  }
}

/** The page's script as one module. */
async function bundle(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: "warn",
    root: import.meta.dirname,
    build: {
      write: false,
      target: "esnext",
      lib: { entry: join(import.meta.dirname, "page.ts"), formats: ["es"], fileName: "page" },
    },
  })
  const [first] = Array.isArray(built) ? built : [built]
  const chunk = first !== undefined && "output" in first ? first.output[0] : undefined
  if (chunk === undefined) throw new Error("The page's script was not built.")
  return chunk.code
}

async function servePage(script: string): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request, response) => {
    const isScript = request.url === "/page.js"
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html")
    response.end(
      isScript ? script : `<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>`,
    )
  })
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
