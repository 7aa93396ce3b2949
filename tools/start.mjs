// npm start: installs, builds the page, starts everything on one machine. Arguments after -- go to `millrace start`.
import { join } from "node:path"
import { ensureWebBuilt } from "./build-web.mjs"
import { ensureInstalled } from "./install.mjs"
import { callersFolder, root, runNode24 } from "./node24.mjs"

try {
  await ensureInstalled(console.error)
  await ensureWebBuilt(console.error)
  runNode24([join(root, "apps/millrace/src/main.ts"), "start", ...process.argv.slice(2)], {
    ownSession: true,
    cwd: callersFolder("start"),
  })
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
}
