// One run of one case with one server, in a process of its own; its figures are the last line of standard output.
import { mkdtemp, rm } from "node:fs/promises"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { cleanUp } from "@millrace/testkit/at-end"
import { setNiceness } from "../process-facts.ts"
import { cases, type Size } from "./cases.ts"
import { type Contestant, startContestant } from "./contestants.ts"
import { Stage } from "./stage.ts"

const { values } = parseArgs({
  options: {
    case: { type: "string" },
    contestant: { type: "string" },
    size: { type: "string" },
    /** Where the relay's log is: a disk, not memory. */
    folder: { type: "string" },
    nice: { type: "string" },
    "server-flag": { type: "string", multiple: true },
  },
})

const wanted = cases.find(({ id }) => id === values.case)
if (wanted === undefined || values.folder === undefined) throw new Error("Give --case and --folder.")
const folder = await mkdtemp(join(values.folder, "run-"))
try {
  const server = await startContestant(values.contestant as Contestant, folder, values["server-flag"] ?? [])
  try {
    if (values.nice !== undefined) {
      for (const pid of [process.pid, server.process.pid]) setNiceness(pid, Number(values.nice))
    }
    const metrics = await wanted.run(new Stage(server), values.size as Size)
    process.stdout.write(`${JSON.stringify(metrics)}\n`)
  } finally {
    // Written profiles and the like come with an orderly end.
    await Promise.race([server.process.kill("SIGTERM"), server.process.exited])
    await server.stop()
  }
} finally {
  await cleanUp()
  await rm(folder, { recursive: true, force: true })
}
process.exit()
