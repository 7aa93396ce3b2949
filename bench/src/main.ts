import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { messageOf } from "@millrace/ports"
import { cleanUp } from "@millrace/testkit/at-end"
import { benchCapture } from "./capture/benchmark.ts"
import { describeMachine } from "./machine.ts"
import { ensurePeers } from "./peers.ts"
import { benchDelivery } from "./projector/delivery.ts"
import { benchRecords } from "./records/benchmark.ts"
import { benchRelay, type RelayBench } from "./relay/benchmark.ts"
import { contestants } from "./relay/contestants.ts"
import { selfCheck } from "./relay/self-check.ts"
import { tableOf } from "./table.ts"

const usage = `npm run -s bench -- NAME [settings]: measures ours beside others on the same work.

  NAME                relay, records, delivery (to real servers of Flume and Atlas), or capture (of IndexedDB writes, in
                      Chromium)
  --json              rows as JSON on standard output instead of a table
  --quick             shorter and once
  --runs N            runs of each case; the middle counts (3, with --quick 1)
  --out FILE          also writes rows, machine and settings to FILE; a whole run without it to bench/results/NAME.json
  --records N         of records: how many (100,000, with --quick 10,000)

 of relay:
  --only TEXT         cases and rows whose name contains TEXT
  --with NAME         one contestant (several times: several) of ${contestants.join(", ")}
  --nice N            nice value of servers and load clients against other sessions; below 0 needs root (--nice=-10)
  --server-flag FLAG  passed to the Node.js of every measured server, such as --cpu-prof
`

const root = join(import.meta.dirname, "../..")
const options = {
  json: { type: "boolean", default: false },
  quick: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
  only: { type: "string" },
  with: { type: "string", multiple: true },
  runs: { type: "string" },
  records: { type: "string" },
  nice: { type: "string" },
  out: { type: "string" },
  "server-flag": { type: "string", multiple: true },
} as const

/** 0 done, 1 failed, 64 wrong usage. A missed goal is no failure: the rows say it. */
async function main(): Promise<number> {
  const parsed = parse()
  if (parsed === undefined) return 64
  const { values, name } = parsed
  const say = (text: string): void => void process.stderr.write(`${text}\n`)
  if (values.help) {
    process.stdout.write(usage)
    return 0
  }
  const machine = describeMachine(root)
  const startedAt = new Date().toISOString()
  const folder = join(root, ".cache/bench")
  const runs = Number(values.runs ?? (values.quick ? 1 : 3))
  const niceness = values.nice === undefined ? null : Number(values.nice)
  const size = values.quick ? "quick" : "full"
  const records = Number(values.records ?? (values.quick ? 10_000 : 100_000))
  const measured: Readonly<Record<BenchName, () => Promise<RelayBench>>> = {
    relay: () => relay({ values, size, runs, folder, niceness, say }),
    records: async () => ({
      rows: await benchRecords({ records, workspaces: records / 100, runs, folder, say }),
      failures: 0,
    }),
    capture: async () => {
      mkdirSync(folder, { recursive: true })
      return { rows: await benchCapture({ puts: values.quick ? 1_000 : 10_000, runs, folder, say }), failures: 0 }
    },
    delivery: async () => ({ rows: await benchDelivery({ runs, quick: values.quick, say }), failures: 0 }),
  }
  const { rows, failures } = await measured[name]()
  const { quick, only, records: someRecords } = values
  const isWhole = !quick && only === undefined && values.with === undefined && someRecords === undefined
  const out = values.out ?? (isWhole ? join(root, `bench/results/${name}.json`) : undefined)
  if (out !== undefined) {
    const loadAverageAfter = describeMachine(root).loadAverage
    const result = {
      bench: name,
      startedAt,
      machine,
      loadAverageAfter,
      settings: name === "records" ? { size, runs, records } : { size, runs, niceness, only: values.only ?? null },
      rows,
    }
    writeFileSync(out, `${JSON.stringify(result, undefined, 2)}\n`)
  }
  process.stdout.write(values.json ? `${JSON.stringify(rows, undefined, 2)}\n` : tableOf(rows))
  if (failures > 0) say(`${failures} runs failed; their errors are above.`)
  return failures === 0 ? 0 : 1
}

const benches = ["relay", "records", "delivery", "capture"] as const
type BenchName = (typeof benches)[number]
type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"]

interface RelaySettings {
  readonly values: Values
  readonly size: "quick" | "full"
  readonly runs: number
  readonly folder: string
  readonly niceness: number | null
  readonly say: (text: string) => void
}

async function relay({ values, niceness, ...common }: RelaySettings): Promise<RelayBench> {
  const who = contestants.filter((name) => values.with?.includes(name) ?? true)
  await ensurePeers(join(root, "bench/peers"), common.say)
  await selfCheck(common.folder, common.say)
  return await benchRelay({
    ...common,
    who,
    serverFlags: values["server-flag"] ?? [],
    ...(niceness === null ? {} : { niceness }),
    ...(values.only === undefined ? {} : { only: values.only }),
  })
}

function parse(): { readonly values: Values; readonly name: BenchName } | undefined {
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true })
    const [wanted = "", ...more] = positionals
    const name = benches.find((one) => one === wanted)
    if (values.help) return { values, name: name ?? "relay" }
    if (more.length === 0 && name !== undefined) return { values, name }
    process.stderr.write(usage)
  } catch (thrown) {
    process.stderr.write(`${messageOf(thrown)}\n\n${usage}`)
  }
  return undefined
}

try {
  process.exitCode = await main()
} catch (thrown) {
  process.stderr.write(`bench: ${messageOf(thrown)}\n`)
  process.exitCode = 1
} finally {
  await cleanUp()
}
process.exit()
