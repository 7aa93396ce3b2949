// npm test: installs, builds the page that some tests open, then runs tools/test.ts with the pinned Node.js.
import { join } from "node:path"
import { ensureWebBuilt } from "./build-web.mjs"
import { ensureInstalled } from "./install.mjs"
import { root, runNode24 } from "./node24.mjs"

try {
  await ensureInstalled(console.error)
  await ensureWebBuilt(console.error)
  runNode24([join(root, "tools/test.ts"), ...process.argv.slice(2)])
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
}
