import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { build } from "vite"

/** Bundles a script and serves it with an empty page on a port of its own. */
export async function servePage(script: string): Promise<{ readonly address: string; close(): void }> {
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
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close }
}
