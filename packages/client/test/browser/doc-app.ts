import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import type { AddressInfo } from "node:net"
import { dirname, join } from "node:path"
import { atEndOfTests, runProcess } from "@millrace/testkit"
import { createServer } from "vite"

const root = join(import.meta.dirname, "../../../..")

/** The blocks of a page of docs/ that name a file, as files; indentation of the list they stand in is taken away. */
export function filesOf(page: string): ReadonlyMap<string, string> {
  const text = readFileSync(join(root, "docs", page), "utf8")
  const files = new Map<string, string>()
  for (const [, indent = "", name = "", code = ""] of text.matchAll(/^( *)```tsx? (\S+)\n([\s\S]*?)^ *```$/gm)) {
    files.set(name, code.replaceAll(new RegExp(`^${indent}`, "gm"), ""))
  }
  return files
}

export interface DocApp {
  readonly url: string
  readonly files: ReadonlyMap<string, string>
}

export interface DocAppOptions {
  readonly page: string
  /** The address that the page names, and what it is here. */
  readonly server?: readonly [named: string, real: string]
  /** Files that the page takes for granted. */
  readonly more: Readonly<Record<string, string>>
}

/** The application of a page of docs/, checked by TypeScript and served by Vite as the page says, from the packages' sources. */
export async function startDocApp({ page, server, more }: DocAppOptions): Promise<DocApp> {
  // Below the package, so that its dependencies are found; where nothing of it is committed or checked.
  const parent = join(import.meta.dirname, "../../node_modules")
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(join(parent, ".doc-app-"))
  atEndOfTests(() => rmSync(folder, { recursive: true, force: true }))
  const files = new Map([...filesOf(page), ...Object.entries(more)])
  for (const [name, code] of files) {
    const text = server === undefined ? code : code.replaceAll(server[0], server[1])
    writeFileSync(join(folder, name), text)
  }
  await checkTypes(folder)
  const source = (path: string): string => join(root, "packages", path)
  const vite = await createServer({
    root: folder,
    configFile: files.has("vite.config.ts") ? join(folder, "vite.config.ts") : false,
    logLevel: "silent",
    cacheDir: join(folder, ".vite"),
    resolve: {
      conditions: ["source", "module", "browser", "development"],
      dedupe: ["yjs", "lib0", "react", "react-dom"],
      alias: [
        { find: "@millrace/client/react", replacement: source("client/src/react/index.ts") },
        { find: "@millrace/client", replacement: source("client/src/index.ts") },
      ],
    },
    server: { port: 0, host: "127.0.0.1", hmr: false, fs: { strict: false } },
  })
  await vite.listen()
  atEndOfTests(() => vite.close())
  const address = vite.httpServer?.address() as AddressInfo | undefined
  return { url: `http://127.0.0.1:${address?.port}/`, files }
}

async function checkTypes(folder: string): Promise<void> {
  const paths = {
    "@millrace/client/react": [join(dirname(dirname(folder)), "src/react/index.ts")],
    "@millrace/client": [join(dirname(dirname(folder)), "src/index.ts")],
  }
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: join(root, "tsconfig.tests.json"),
      compilerOptions: { paths, types: [], module: "ESNext", moduleResolution: "Bundler" },
      include: ["*.ts", "*.tsx"],
    }),
  )
  const tsc = join(root, "node_modules/typescript/bin/tsc")
  const { code, stdout } = await runProcess({ file: process.execPath, args: [tsc, "-p", folder] })
  if (code !== 0) throw new Error(`The page's code has wrong types.\n${stdout}`)
}
