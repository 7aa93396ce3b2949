import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { atEndOfTests } from "@millrace/testkit"
import { build } from "vite"

/** Bundles a script from the packages' sources and serves it with an empty page; returns the page's address. */
export async function serveScript(script: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: "error",
    resolve: { conditions: ["source", "module", "browser"], dedupe: ["yjs", "lib0"] },
    build: { write: false, target: "es2022", rolldownOptions: { input: script } },
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
