import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { locked } from "./lock.mjs"
import { root } from "./node24.mjs"
import { runQuietly } from "./run-quietly.mjs"

const pnpm = "pnpm@12.21.0"
const stamp = join(root, "node_modules", ".millrace-installed")

/**
 * Installs what the lockfile names, unless that is what is there.
 *
 * `say` gets short progress lines. Throws an Error whose message tells the user what to do.
 */
export async function ensureInstalled(say) {
  checkSystem()
  const wanted = fingerprint()
  if (installed(wanted)) return
  await locked(
    async () => {
      if (installed(wanted)) return
      const startedAtMs = performance.now()
      say(existsSync(stamp) ? "installing changed dependencies ..." : "installing dependencies (only now) ...")
      const seconds = () => Math.round((performance.now() - startedAtMs) / 1000)
      const ticking = setInterval(() => say(`  still fetching, ${seconds()} s ...`), 15_000)
      await install().finally(() => clearInterval(ticking))
      mkdirSync(dirname(stamp), { recursive: true })
      writeFileSync(stamp, wanted)
      say(`installed in ${seconds()} s`)
    },
    () => say("waiting for another start that is installing ..."),
  )
}

function checkSystem() {
  const major = Number(process.versions.node.split(".")[0])
  if (major < 20) throw new Error(`Node.js ${process.versions.node} is too old: install Node.js 20 or newer.`)
  const pinned = process.platform === "linux" && ["x64", "arm64"].includes(process.arch)
  if (!pinned && major < 24) {
    throw new Error(
      `On ${process.platform} ${process.arch} there is no Node.js 24 to install along: install Node.js 24 or newer.`,
    )
  }
}

function installed(wanted) {
  return (
    existsSync(join(root, "node_modules", ".modules.yaml")) &&
    existsSync(stamp) &&
    readFileSync(stamp, "utf8") === wanted
  )
}

/** Changes when the lockfile, the settings or a package's manifest does. */
function fingerprint() {
  const hash = createHash("sha256")
  const folders = ["packages", "apps"].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => join(group, name)),
  )
  const manifests = ["", ...folders.toSorted(byName), "bench"].map((folder) => join(folder, "package.json"))
  for (const path of ["pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests]) {
    if (existsSync(join(root, path)))
      hash
        .update(path)
        .update("\0")
        .update(readFileSync(join(root, path)))
  }
  return hash.digest("hex")
}

const byName = (a, b) => (a < b ? -1 : 1)

async function install() {
  // CI=true: never ask on a terminal whether an older node_modules may go.
  const env = { ...process.env, CI: "true" }
  const { how, output } = await runQuietly("npx", ["-y", pnpm, "install", "--frozen-lockfile"], { cwd: root, env })
  if (how === undefined) throw new Error("npx was not found: install npm, which comes with Node.js.")
  if (how !== "code 0") throw new Error(explain(output, how))
}

function explain(output, how) {
  const tail = output.trimEnd().split("\n").slice(-15).join("\n")
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|ENETUNREACH|network|fetch failed/i.test(output)) {
    return `${tail}\n\nThe packages could not be fetched: check the network (or npm's proxy setting) and start again.`
  }
  if (/ENOSPC/.test(output)) return `${tail}\n\nThe disk is full: make room and start again.`
  if (/EACCES|EPERM|EROFS/.test(output))
    return `${tail}\n\nThe folder ${root} cannot be written: check its permissions.`
  return `${tail}\n\nThe installation ended with ${how}; the lines above say why.`
}
