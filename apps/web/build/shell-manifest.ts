import { createHash } from "node:crypto"
import { readdir, readFile, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import type { Plugin } from "vite"

const workerFile = "service-worker.js"

/**
 * Writes the list of the built files and the hash of their bytes into the service worker, as its constant `__SHELL__`.
 *
 * The hash makes the worker's bytes differ whenever a file differs, which is what tells a browser that there is a new
 * version.
 */
export function shellManifest(): Plugin {
  let outDir = ""
  return {
    name: "millrace:shell-manifest",
    apply: "build",
    configResolved(config) {
      outDir = resolve(config.root, config.build.outDir)
    },
    // After everything is written, the public folder's files included; not called for a build that failed.
    async writeBundle() {
      const files = (await filesUnder(outDir, "")).filter((file) => file !== workerFile && !file.endsWith(".map"))
      const hash = createHash("sha256")
      for (const file of files) hash.update(`${file}\n`).update(await readFile(join(outDir, file)))
      const shell = {
        version: hash.digest("hex").slice(0, 16),
        files: files.map((file) => (file === "index.html" ? "/" : `/${file}`)),
      }
      const worker = join(outDir, workerFile)
      const code = await readFile(worker, "utf8")
      if (!code.includes("__SHELL__"))
        throw new Error(`${workerFile} does not name __SHELL__: the shell has no file list.`)
      await writeFile(worker, code.replaceAll("__SHELL__", JSON.stringify(shell)))
    },
  }
}

async function filesUnder(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true })
  const nested = await Promise.all(
    entries.map(async (entry) => {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`
      return entry.isDirectory() ? await filesUnder(root, path) : [path]
    }),
  )
  return nested.flat().sort()
}
