import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { locked } from "./lock.mjs"
import { node24, root } from "./node24.mjs"
import { runQuietly } from "./run-quietly.mjs"

const app = join(root, "apps", "web")
const stamp = join(root, ".cache", "web-build")

/** Builds the web app, unless what is there was built from the same files. `say` gets short progress lines. */
export async function ensureWebBuilt(say) {
  if (built()) return
  await locked(
    async () => {
      if (built()) return
      const wanted = fingerprint()
      const startedAtMs = performance.now()
      say("building the web app ...")
      await build()
      mkdirSync(dirname(stamp), { recursive: true })
      writeFileSync(stamp, wanted)
      say(`built in ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`)
    },
    () => say("waiting for another start that is building ..."),
  )
}

function built() {
  return (
    existsSync(join(app, "dist", "index.html")) && existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint()
  )
}

function fingerprint() {
  const hash = createHash("sha256").update(readFileSync(join(root, "pnpm-lock.yaml")))
  for (const file of [app, ...packagesOf(app)].flatMap(filesOf)) {
    hash.update(file.slice(root.length)).update("\0").update(readFileSync(file))
  }
  return hash.digest("hex")
}

/** The workspace packages that end up in the bundle, by the manifests. */
function packagesOf(folder, found = new Set()) {
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  for (const name of Object.keys(dependencies)) {
    const path = join(root, "packages", name.replace("@millrace/", ""))
    if (!name.startsWith("@millrace/") || found.has(path)) continue
    found.add(path)
    packagesOf(path, found)
  }
  return [...found].toSorted(byName)
}

const byName = (a, b) => (a < b ? -1 : 1)

function filesOf(folder) {
  const skipped = new Set(["node_modules", "dist", "dist-types", "test"])
  return readdirSync(folder)
    .filter((name) => !skipped.has(name) && !name.startsWith("."))
    .toSorted(byName)
    .flatMap((name) => {
      const path = join(folder, name)
      return statSync(path).isDirectory() ? filesOf(path) : [path]
    })
}

async function build() {
  const vite = join(root, "node_modules", "vite", "bin", "vite.js")
  const args = ["--conditions=source", vite, "build", "--logLevel", "warn"]
  // A test runner that builds has NODE_ENV=test, which would give the development build of React.
  const env = { ...process.env, NODE_ENV: "production" }
  const { how, output } = await runQuietly(node24(), args, { cwd: app, env })
  if (how === "code 0") return
  throw new Error(`${output.trimEnd()}\n\nThe web app could not be built; the lines above say why.`)
}
