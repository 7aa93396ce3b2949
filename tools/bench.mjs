// npm run -s bench -- NAME ...: measures ours beside others. Standard output has the result alone.
import { join } from "node:path"
import { ensureInstalled } from "./install.mjs"
import { callersFolder, root, runNode24 } from "./node24.mjs"

try {
  await ensureInstalled(console.error)
  runNode24([join(root, "bench/src/main.ts"), ...process.argv.slice(2)], { cwd: callersFolder("bench") })
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
}
