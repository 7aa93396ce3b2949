import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { build } from "vite"
import { expect, test } from "vitest"

const maxBytes = 80_000

/** The browser's entry with all that it needs, as an application's build makes it. */
async function bundled(): Promise<string> {
  const built = await build({
    configFile: false,
    root: import.meta.dirname,
    logLevel: "error",
    resolve: { conditions: ["source", "module", "browser"], dedupe: ["yjs", "lib0"] },
    build: {
      write: false,
      target: "es2023",
      rolldownOptions: { input: join(import.meta.dirname, "browser/bundle-entry.ts") },
    },
  })
  const outputs = [built].flat().flatMap((each) => ("output" in each ? each.output : []))
  return outputs.flatMap((each) => (each.type === "chunk" ? [each.code] : [])).join("\n")
}

test("C350 the client with Yjs is at most 80 kB minified and compressed, and has no Node code in it", async () => {
  const code = await bundled()
  const bytes = gzipSync(code, { level: 9 }).length
  console.info(`client with Yjs: ${(bytes / 1000).toFixed(1)} kB minified and compressed`)
  expect(code).not.toMatch(/["'`]node:|from\s*["'](?:ws|fs|path|crypto)["']/)
  expect(bytes).toBeLessThanOrEqual(maxBytes)
})
