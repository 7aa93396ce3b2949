import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { atEndOfTests } from "@millrace/testkit"
import { build } from "vite"

/** Bundles a script of this folder from the packages' sources and serves it with an empty page; returns the page's address. */
export async function servePage(script: string): Promise<string> {
  const built = await build({
    configFile: false,
    root: import.meta.dirname,
    logLevel: "error",
    resolve: { conditions: ["source", "module", "browser"], dedupe: ["yjs", "lib0"] },
    build: { write: false, target: "es2023", rolldownOptions: { input: join(import.meta.dirname, script) } },
  })
  const outputs = [built].flat().flatMap((each) => ("output" in each ? each.output : []))
  const code = outputs.find((each) => each.type === "chunk" && each.isEntry)
  if (code?.type !== "chunk") throw new Error(`${script} gave no script.`)
  const server = createServer((request, response) => {
    const isScript = request.url === "/page.js"
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html")
    response.end(
      isScript ? code.code : `<!doctype html><title>page</title><script type="module" src="/page.js"></script>`,
    )
  })
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve))
  atEndOfTests(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}
