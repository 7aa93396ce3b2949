// npm run -s millrace -- COMMAND ...: the command line. Standard output has the command's own output alone.
import { join } from "node:path"
import { ensureWebBuilt } from "./build-web.mjs"
import { ensureInstalled } from "./install.mjs"
import { callersFolder, root, runNode24 } from "./node24.mjs"

const args = process.argv.slice(2)
const starts = args[0] === "start" && !args.includes("--help") && !args.includes("-h")

try {
  await ensureInstalled(console.error)
  if (starts) await ensureWebBuilt(console.error)
  runNode24([join(root, "apps/millrace/src/main.ts"), ...args], { ownSession: starts, cwd: callersFolder("millrace") })
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
}
