import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { runProcess } from "@millrace/testkit"

const pnpm = "pnpm@12.21.0"
const installDeadlineMs = 300_000

/**
 * Installs the peers that `bench/peers` pins, unless they are there. They are no part of the workspace, so that neither
 * `npm start` nor `npm test` fetches them. Throws with the installer's output.
 */
export async function ensurePeers(folder: string, say: (text: string) => void): Promise<void> {
  const stamp = join(folder, "node_modules", ".millrace-installed")
  const wanted = ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml"]
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n")
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return
  say("installing the peers to compare with (only now) ...")
  const args = ["-y", pnpm, "install", "--frozen-lockfile", "--ignore-scripts", "--no-optional"]
  const finished = await runProcess({
    file: "npx",
    args,
    cwd: folder,
    // Never ask on a terminal whether an older node_modules may go.
    env: { CI: "true" },
    deadlineMs: installDeadlineMs,
  })
  if (finished.code !== 0) {
    throw new Error(
      `The peers could not be installed; check the network and try again.\n${finished.stdout}${finished.stderr}`,
    )
  }
  writeFileSync(stamp, wanted)
}
