import { existsSync } from "node:fs"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { SunkEvent } from "../event-chains.ts"
import { freePort } from "../free-port.ts"
import { type RunningProcess, spawnProcess } from "../spawn-process.ts"
import { waitFor } from "../wait-for.ts"
import { flumeJars } from "./jars.ts"
import { readSinkFiles } from "./sink-files.ts"

export interface FlumeAgentOptions {
  /** Channel, sink output and log live here; starting again on the same folder goes on with its channel. */
  readonly dir: string
  /** Default: a free port. Name the old one to come back at the same URL. */
  readonly httpPort?: number
  /** Events that the channel holds; default 1,000,000. */
  readonly capacity?: number
  /** Events that one request may hold; default 10,000. */
  readonly transactionCapacity?: number
  /** How long a request waits for room in a full channel; default 1. */
  readonly keepAliveS?: number
  /** Events that the sink takes at a time; default 1000. */
  readonly sinkBatch?: number
}

/** By component, such as `CHANNEL.file`; every value is text. */
export type FlumeMetrics = Readonly<Record<string, Readonly<Record<string, string>>>>

export interface ReadSinkOptions {
  /** Awaited instead of an empty channel, for instance "every id is there". */
  readonly until?: (events: readonly SunkEvent[]) => boolean
  /** Default 20,000. An idle sink looks into its channel every 5 s at worst. */
  readonly deadlineMs?: number
}

export interface FlumeAgent {
  readonly pid: number
  readonly httpPort: number
  /** Where to POST batches. */
  readonly httpUrl: string
  readonly outDir: string
  metrics(): Promise<FlumeMetrics>
  /** Every event that reached the sink, repeats included, once the channel is empty or `until` says so. */
  readSink(options?: ReadSinkOptions): Promise<readonly SunkEvent[]>
  /** SIGKILL. The channel keeps what was acknowledged. */
  kill(): Promise<void>
  /** SIGTERM, which takes the agent some seconds. */
  stop(): Promise<void>
}

const configuration = fileURLToPath(new URL("./agent.conf", import.meta.url))

/**
 * Starts a real Apache Flume 1.11 agent (HTTP source, file channel, file_roll sink) on 127.0.0.1 and awaits that it
 * takes events. It ends with the test file, however that ends.
 *
 * Tries once more where the port was taken in between or the agent was not ready within a minute. Never two agents on
 * one folder: Flume does not prevent it, so this waits for a killed one to be gone and refuses a living one.
 */
export async function startFlumeAgent(options: FlumeAgentOptions): Promise<FlumeAgent> {
  const jars = await flumeJars()
  await noOtherAgentOn(options.dir)
  for (const folder of ["checkpoint", "data", "out"]) await mkdir(join(options.dir, folder), { recursive: true })
  try {
    return await startOnce(jars, options)
  } catch {
    return startOnce(jars, options)
  }
}

async function startOnce(jars: string, options: FlumeAgentOptions): Promise<FlumeAgent> {
  const httpPort = options.httpPort ?? (await freePort())
  const conf = await writeConfiguration(options, httpPort)
  const child = await spawnProcess({
    file: "java",
    args: [
      "-Xmx256m",
      "-cp",
      `${jars}:${join(jars, "*")}`,
      "-Dflume.monitoring.type=LoopbackMonitor",
      "org.apache.flume.node.Application",
      "-n",
      "a",
      "-f",
      conf,
      "--no-reload-conf",
    ],
    cwd: options.dir,
    readyLine: /^metrics on port (\d+)$/,
    readyDeadlineMs: 60_000,
  })
  await writeFile(join(options.dir, "agent.pid"), String(child.pid))
  const agent = agentOf(child, options.dir, httpPort)
  const state = await waitFor(() => readiness(child, agent), {
    what: "the Flume agent to take events",
    deadlineMs: 60_000,
    everyMs: 50,
  }).catch(() => "late")
  if (state === "ready") return agent
  await child.killGroup()
  throw new Error(`The Flume agent on ${options.dir} is not ready: ${state}.\n${child.stderr.slice(-4000)}`)
}

/** Sources start one by one after their ports open; only the counters tell. */
async function readiness(child: RunningProcess, agent: FlumeAgent): Promise<string | undefined> {
  if (!child.groupLives()) return "ended"
  if (/Address already in use/.test(child.stderr)) return "port taken"
  const metrics = await agent.metrics()
  const open = metrics["CHANNEL.file"]?.["Open"] === "true"
  return open && (metrics["SOURCE.http"]?.["StartTime"] ?? "0") !== "0" ? "ready" : undefined
}

function agentOf(child: RunningProcess, dir: string, httpPort: number): FlumeAgent {
  const outDir = join(dir, "out")
  const metrics = async (): Promise<FlumeMetrics> => {
    const answer = await fetch(`http://127.0.0.1:${child.ready}/metrics`, { signal: AbortSignal.timeout(5000) })
    return (await answer.json()) as FlumeMetrics
  }
  return {
    pid: child.pid,
    httpPort,
    httpUrl: `http://127.0.0.1:${httpPort}/`,
    outDir,
    metrics,
    readSink: async (options = {}) => {
      let events: readonly SunkEvent[] = []
      let emptyLooks = 0
      await waitFor(
        async () => {
          if (options.until === undefined) {
            // The sink may have taken a batch that it has not written yet; it needs far less time than two looks.
            emptyLooks = (await metrics())["CHANNEL.file"]?.["ChannelSize"] === "0" ? emptyLooks + 1 : 0
            if (emptyLooks < 3) return false
          }
          events = await readSinkFiles(outDir)
          return options.until?.(events) ?? true
        },
        {
          what: options.until === undefined ? "the channel to be empty" : "the events in the sink",
          deadlineMs: options.deadlineMs ?? 20_000,
          everyMs: 100,
          detail: () => `The sink has ${events.length} events.`,
        },
      )
      return events
    },
    kill: async () => {
      await child.killGroup()
    },
    stop: async () => {
      child.signal("SIGTERM")
      await waitFor(() => !child.groupLives(), { what: "the Flume agent to stop", deadlineMs: 30_000 })
    },
  }
}

async function writeConfiguration(options: FlumeAgentOptions, httpPort: number): Promise<string> {
  const values: Readonly<Record<string, string | number>> = {
    dir: options.dir,
    httpPort,
    capacity: options.capacity ?? 1_000_000,
    transactionCapacity: options.transactionCapacity ?? 10_000,
    keepAliveS: options.keepAliveS ?? 1,
    // A sink that takes more than a transaction holds takes nothing at all.
    sinkBatch: Math.min(options.sinkBatch ?? 1000, options.transactionCapacity ?? 10_000),
  }
  const template = await readFile(configuration, "utf8")
  const path = join(options.dir, "agent.conf")
  await writeFile(
    path,
    template.replace(/^(?!#).*$/gm, (line) => line.replace(/\$\{(\w+)\}/g, (_, name: string) => String(values[name]))),
  )
  return path
}

async function noOtherAgentOn(dir: string): Promise<void> {
  const pidFile = join(dir, "agent.pid")
  if (!existsSync(pidFile)) return
  const pid = (await readFile(pidFile, "utf8")).trim()
  const runs = async (): Promise<boolean> => {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")
    return command.includes(join(dir, "agent.conf"))
  }
  await waitFor(async () => !(await runs()), { what: `the agent ${pid} on ${dir} to end` })
}
