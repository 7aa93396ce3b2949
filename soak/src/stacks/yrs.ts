import { join } from "node:path"
import { runProcess } from "@millrace/testkit"
import { openLineClient } from "./line-client.ts"
import type { Stack } from "./stack-client.ts"

const root = join(import.meta.dirname, "../../..")
const source = join(root, "soak/yrs-client")
const target = join(root, ".cache/yrs-client")
const buildDeadlineMs = 900_000

/** `yrs` with `tungstenite` in Rust; `build` first. */
export const yrs: Stack = {
  name: "yrs",
  open: async ({ server, workspace, token }, clientId) =>
    openLineClient({
      name: "yrs",
      file: join(target, "release/yrs-client"),
      args: [],
      url: `ws://${server}/sync/${workspace}?token=${token}`,
      clientId,
    }),
}

/** Builds the client with cargo, from the committed lock file; minutes at the first call, then nothing. */
export async function buildYrs(): Promise<void> {
  const { code, stderr } = await runProcess({
    file: "cargo",
    args: ["build", "--release", "--locked", "--quiet"],
    cwd: source,
    env: { CARGO_TARGET_DIR: target },
    deadlineMs: buildDeadlineMs,
  })
  if (code !== 0) throw new Error(`The yrs client was not built (cargo of Rust 1.85 or newer): ${stderr.slice(-2000)}`)
}
