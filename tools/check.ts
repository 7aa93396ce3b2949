// npm run check: types, lint and format, without tests.
import { join } from "node:path"
import { runChecks } from "./checks.ts"
import { report } from "./outcome.ts"

const { text, failed } = report(await runChecks(join(import.meta.dirname, "..")), [], false)
console.log(text)
process.exitCode = failed === 0 ? 0 : 1
