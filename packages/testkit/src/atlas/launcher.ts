import { existsSync } from "node:fs"
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { freePort } from "../free-port.ts"
import { type RunningProcess, spawnProcess } from "../spawn-process.ts"
import { waitFor } from "../wait-for.ts"
import { type AtlasServerFiles, atlasServerFiles } from "./jars.ts"
import { baseModels } from "./models.ts"

export interface AtlasServerOptions {
  /** Graph, index, logs and settings live here; starting again on the same folder finds what was there. */
  readonly dir: string
  /** Default: a free port. Name the old one to come back at the same URL. */
  readonly port?: number
}

export interface AtlasServer {
  readonly pid: number
  readonly port: number
  /** `http://127.0.0.1:PORT/` */
  readonly url: string
  /** Logs in as `admin`, who may do everything. */
  request(method: string, path: string, body?: unknown): Promise<AtlasAnswer>
  /** SIGKILL. The graph keeps what was committed. */
  kill(): Promise<void>
  /** SIGTERM, which takes the server some seconds. */
  stop(): Promise<void>
  /** Resident memory in bytes. */
  memoryBytes(): Promise<number>
}

export interface AtlasAnswer {
  readonly status: number
  /** Parsed JSON; text where it is none. */
  readonly body: unknown
}

/** Users of the server, by name, with their passwords: one may do everything, the other only read. */
export const atlasUsers = { admin: "admin", reader: "reader" } as const

const here = fileURLToPath(new URL(".", import.meta.url))

// Atlas, its graph and Kafka reach into the JDK in ways that it no longer allows unasked.
const opened = [
  ..."java.io java.lang java.lang.invoke java.lang.reflect java.math java.net java.nio java.text java.time".split(" "),
  ..."java.util java.util.concurrent jdk.internal.misc jdk.internal.ref jdk.internal.reflect".split(" "),
  ..."sun.net.util sun.nio.ch sun.security.jca".split(" "),
]

const startDeadlineMs = 110_000

/**
 * Starts a real Apache Atlas 2.1.0 on 127.0.0.1 and awaits that it is ACTIVE: 15 s on a quiet machine. It ends with the
 * test file, however that ends.
 *
 * Tries once more where a port was taken in between. Messages that nobody took before are dropped: a broker that was killed
 * stays registered with its own registry, and a second one would be refused.
 */
export async function startAtlasServer(options: AtlasServerOptions): Promise<AtlasServer> {
  const files = await atlasServerFiles()
  for (const folder of ["conf", "data", "logs", "models", "tmp"])
    await mkdir(join(options.dir, folder), { recursive: true })
  try {
    return await startOnce(files, options)
  } catch {
    return startOnce(files, options)
  }
}

async function startOnce(files: AtlasServerFiles, { dir, port: wanted }: AtlasServerOptions): Promise<AtlasServer> {
  const port = wanted ?? (await freePort())
  await rm(join(dir, "data", "kafka"), { recursive: true, force: true })
  await writeSettings(dir, port)
  const child = await spawnProcess({
    file: "java",
    args: [
      ...opened.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
      ..."-Xms256m -Xmx1g -XX:+UseSerialGC -Djava.net.preferIPv4Stack=true".split(" "),
      `-Djava.io.tmpdir=${join(dir, "tmp")}`,
      `-Datlas.home=${dir}`,
      `-Datlas.conf=${join(dir, "conf")}`,
      `-Datlas.data=${join(dir, "data")}`,
      `-Datlas.log.dir=${join(dir, "logs")}`,
      `-Dlog4j.configuration=file:${join(dir, "conf", "log4j.properties")}`,
      "-cp",
      files.classPath,
      "AtlasLauncher",
      "-app",
      files.war,
      "-port",
      String(port),
    ],
    cwd: dir,
  })
  const server = serverOf(child, port)
  const state = await waitFor(() => readiness(child, server), {
    what: "Atlas to be ACTIVE",
    deadlineMs: startDeadlineMs,
    everyMs: 100,
  }).catch(() => "late")
  if (state === "ACTIVE") return server
  await child.killGroup()
  const log = await readFile(join(dir, "logs", "application.log"), "utf8").catch(() => "")
  const causes = log.split("\n").filter((line) => line.startsWith("Caused by"))
  throw new Error(
    `Atlas on ${dir} is not ready: ${state}.\n${causes.slice(-3).join("\n")}\n${child.stderr.slice(-2000)}`,
  )
}

/** The port opens only after the web application is up; a 503 then means that its start failed for good. */
async function readiness(child: RunningProcess, server: AtlasServer): Promise<string | undefined> {
  if (!child.groupLives()) return "ended"
  const { status, body } = await server.request("GET", "/api/atlas/admin/status")
  if (status === 503) return "failed"
  return status === 200 && JSON.stringify(body).includes("ACTIVE") ? "ACTIVE" : undefined
}

function serverOf(child: RunningProcess, port: number): AtlasServer {
  const url = `http://127.0.0.1:${port}/`
  const login = Buffer.from(`admin:${atlasUsers.admin}`).toString("base64")
  return {
    pid: child.pid,
    port,
    url,
    request: async (method, path, body) => {
      const answer = await fetch(new URL(path, url), {
        method,
        headers: { authorization: `Basic ${login}`, "content-type": "application/json; charset=utf-8" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(120_000),
      })
      const text = await answer.text()
      return { status: answer.status, body: parsed(text) }
    },
    kill: () => child.killGroup(),
    stop: async () => {
      child.signal("SIGTERM")
      await waitFor(() => !child.groupLives(), { what: "Atlas to stop", deadlineMs: 60_000 })
    },
    memoryBytes: async () => {
      const status = await readFile(`/proc/${child.pid}/status`, "utf8")
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

async function writeSettings(dir: string, port: number): Promise<void> {
  const conf = join(dir, "conf")
  await cp(join(here, "conf"), conf, { recursive: true })
  const ports: Readonly<Record<string, number>> = {
    port,
    zooKeeperPort: await freePort(),
    kafkaPort: await freePort(),
  }
  const path = join(conf, "atlas-application.properties")
  const template = await readFile(path, "utf8")
  await writeFile(
    path,
    template.replace(/\$\{(\w+)\}/g, (mark, name: string) => String(ports[name] ?? mark)),
  )
  for (const [name, model] of Object.entries(baseModels())) {
    const file = join(dir, "models", name)
    await mkdir(dirname(file), { recursive: true })
    if (!existsSync(file)) await writeFile(file, JSON.stringify(model))
  }
}
