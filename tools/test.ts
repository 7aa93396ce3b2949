// npm test [-- --suite NAME ...] [-- --project NAME ...]: every check and every suite that this machine can run.
import { join } from "node:path"
import { parseArgs } from "node:util"
import { projects } from "../vitest.workspace.ts"
import { findLacking, type Lacking } from "./capabilities.ts"
import { runChecks } from "./checks.ts"
import { type NotRun, type Outcome, report } from "./outcome.ts"
import { runSuite } from "./run-suite.ts"
import { findSuites, type Need, type Suite } from "./suites.ts"

const root = join(import.meta.dirname, "..")
const suites = findSuites(root)
const suiteNames = ["checks", ...suites.map((suite) => suite.name)]
const hermeticProjects = projects.map(nameOf).filter((name) => !suiteNames.includes(name))

const usage = `npm test [-- OPTIONS]
  --suite NAME     only this suite (repeatable): ${suiteNames.join(", ")}
  --project NAME   only this project (repeatable): ${hermeticProjects.join(", ")}
Environment: MILLRACE_SEED repeats random tests; MILLRACE_REQUIRE=all counts what cannot run as failed;
MILLRACE_CHROMIUM and MILLRACE_CORPUS name a browser and the corpus folder.`

const outcomes: Outcome[] = []
const notRun: NotRun[] = []

async function runOne(suite: Suite, lacking: Lacking, only: readonly string[]): Promise<void> {
  const missing = (needs: readonly Need[]): Need[] => needs.filter((need) => lacking.has(need))
  const left = suite.files.filter((file) => missing(file.needs).length > 0)
  for (const need of new Set(left.flatMap((file) => missing(file.needs)))) {
    const files = left.filter((file) => file.needs.includes(need))
    const name = files.length === suite.files.length ? suite.name : `${suite.name} (${files.length} of its files)`
    notRun.push({ name, needs: lacking.get(need) ?? need, exempt: need === "corpus" })
  }
  if (suite.files.length > 0 && left.length === suite.files.length) return
  console.log(`\n== ${suite.name}`)
  const all = suite.name === "hermetic" ? hermeticProjects : [suite.name]
  outcomes.push(
    await runSuite({
      root,
      name: suite.name,
      projects: only.length > 0 ? only : all,
      exclude: left.map((file) => file.path),
      limitMs: suite.limitMs,
    }),
  )
}

function nameOf(project: (typeof projects)[number]): string {
  if (typeof project === "object" && "test" in project && typeof project.test?.name === "string")
    return project.test.name
  throw new Error("Every project of vitest.workspace.ts needs a name.")
}

function refuse(message: string): never {
  console.error(`${message}\n${usage}`)
  process.exit(64)
}

function readOptions(): { help: boolean; suite: string[]; project: string[] } {
  try {
    const { values } = parseArgs({
      options: {
        help: { type: "boolean", default: false },
        suite: { type: "string", multiple: true, default: [] },
        project: { type: "string", multiple: true, default: [] },
      },
    })
    return values
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}

const options = readOptions()
if (options.help) {
  console.log(usage)
  process.exit(0)
}
for (const name of options.suite) if (!suiteNames.includes(name)) refuse(`There is no suite "${name}".`)
for (const name of options.project) if (!hermeticProjects.includes(name)) refuse(`There is no project "${name}".`)

const selected = options.suite.length + options.project.length > 0
const wanted = suites.filter(
  ({ name }) => !selected || options.suite.includes(name) || (name === "hermetic" && options.project.length > 0),
)
if (!selected || options.suite.includes("checks")) outcomes.push(...(await runChecks(root)))
const lacking = findLacking(root, new Set(wanted.flatMap((suite) => suite.files.flatMap((file) => file.needs))))
for (const suite of wanted) await runOne(suite, lacking, suite.name === "hermetic" ? options.project : [])

const closing = report(outcomes, notRun, process.env["MILLRACE_REQUIRE"] === "all")
console.log(closing.text)
process.exitCode = closing.failed === 0 ? 0 : 1
