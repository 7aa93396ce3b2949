import { join } from "node:path"
import type { LayoutName } from "./layouts.ts"
import { make, type Way } from "./make.ts"
import { measureLoad, measureQuery, measureSmall } from "./measure.ts"

/** One step in a process of its own: `make|load|query|small FOLDER LAYOUT WAY STAGE RECORDS`; figures go to standard output as JSON. */
const [step = "", folder = "", layout = "", way = "", stage = "", count = ""] = process.argv.slice(2)
const name = layout as LayoutName
const records = Number(count)
const file = join(folder, `${name}-${way}-${stage}.bin`)

function run(): Readonly<Record<string, number>> {
  if (step === "make") {
    make(folder, name, way as Way, records, stage === "all")
    return {}
  }
  if (step === "load") return measureLoad(file, name, records)
  if (step === "query") return measureQuery(file, name, records)
  return measureSmall(name, records, 100)
}

process.stdout.write(`${JSON.stringify(run())}\n`)
