import { chmod, cp, mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { freePort } from "../free-port.ts"
import { type RunningProcess, runProcess, spawnProcess } from "../spawn-process.ts"
import { waitFor } from "../wait-for.ts"
import { oozieJars } from "./jars.ts"

export interface OozieOptions {
  /** Data, logs and configuration live here; it must be empty. */
  readonly dir: string
  /** `hdfs` starts no Oozie, `no-yarn` runs what needs no container: fs, sub-workflow and control nodes. Default `all`. */
  readonly parts?: "all" | "no-yarn" | "hdfs"
}

/** A real Oozie on a real HDFS and YARN. Data outlives `kill`, which is SIGKILL; each `start` comes back at the same URLs. */
export interface OozieServer {
  /** Ends with `/oozie`. */
  readonly url: string
  /** Ends with `/webhdfs/v1`. */
  readonly webHdfsUrl: string
  /** `hdfs://HOST:PORT`, as definitions name it. */
  readonly nameNode: string
  /** The ResourceManager, `HOST:PORT`. */
  readonly jobTracker: string
  /** Owns the root of HDFS. */
  readonly superuser: string
  readonly oozie: Part
  readonly hadoop: Part
  /** Puts Oozie into its safe mode, or takes it out. */
  safeMode(on: boolean): Promise<void>
  /** The same for HDFS. */
  hdfsSafeMode(on: boolean): Promise<void>
  /** What Oozie wrote to its log, for messages of failed tests. */
  log(): Promise<string>
}

export interface Part {
  readonly pid: number
  kill(): Promise<void>
  start(): Promise<void>
}

const here = fileURLToPath(new URL(".", import.meta.url))
const opens = ["java.lang", "java.util", "java.net"].map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`)
const readyDeadlineMs = 120_000

interface Ports {
  readonly oozie: number
  readonly nameNode: number
  readonly webHdfs: number
  /** ResourceManager: clients, scheduler, tracker, admin, web. */
  readonly yarn: readonly number[]
}

/**
 * Starts a real Apache Oozie 5.2.1 on HDFS and YARN, all on 127.0.0.1, and awaits that it takes jobs. Everything ends
 * with the test file, however that ends.
 *
 * Tries once more where a port was taken in between.
 */
export async function startOozie(options: OozieOptions): Promise<OozieServer> {
  const jars = await oozieJars()
  try {
    return await startOnce(jars, join(options.dir, "a"), options.parts ?? "all")
  } catch (error) {
    if (!/Address already in use|BindException/.test(String(error))) throw error
    return startOnce(jars, join(options.dir, "b"), options.parts ?? "all")
  }
}

async function startOnce(jars: string, dir: string, parts: "all" | "no-yarn" | "hdfs"): Promise<OozieServer> {
  const free = await Promise.all(Array.from({ length: 8 }, freePort))
  const [oozie = 0, nameNode = 0, webHdfs = 0, ...yarn] = free
  const ports: Ports = { oozie, nameNode, webHdfs, yarn }
  const superuser = await layOut(dir, jars, ports)
  const url = `http://127.0.0.1:${ports.oozie}/oozie`

  const hadoopPart = new JavaPart(() => startHadoop(jars, dir, ports, parts === "all"))
  const ooziePart = new JavaPart(() => startServer(jars, dir, url))
  const started = await Promise.allSettled([hadoopPart.start(), parts === "hdfs" ? undefined : ooziePart.start()])
  for (const result of started) {
    if (result.status === "rejected") {
      await Promise.all([hadoopPart.kill(), ooziePart.kill()])
      throw result.reason
    }
  }
  // Oozie may have looked for its share lib before HDFS was up.
  if (parts === "all") await expectOk(`${url}/v2/admin/update_sharelib`, "GET")
  return {
    url,
    webHdfsUrl: `http://127.0.0.1:${ports.webHdfs}/webhdfs/v1`,
    nameNode: `hdfs://127.0.0.1:${ports.nameNode}`,
    jobTracker: `127.0.0.1:${ports.yarn[0] ?? 0}`,
    superuser,
    oozie: ooziePart,
    hadoop: hadoopPart,
    safeMode: (on) => expectOk(`${url}/v1/admin/status?systemmode=${on ? "SAFEMODE" : "NORMAL"}`, "PUT"),
    hdfsSafeMode: (on) => expectOk(`http://127.0.0.1:${hadoopPart.ready}/safemode/${on ? "enter" : "leave"}`, "POST"),
    log: () => readFile(join(dir, "log", "oozie.log"), "utf8"),
  }
}

class JavaPart implements Part {
  readonly #spawn: () => Promise<RunningProcess>
  #running: RunningProcess | undefined

  constructor(spawn: () => Promise<RunningProcess>) {
    this.#spawn = spawn
  }

  get pid(): number {
    return this.#running?.pid ?? 0
  }

  get ready(): string {
    return this.#running?.ready ?? ""
  }

  async start(): Promise<void> {
    this.#running = await this.#spawn()
  }

  async kill(): Promise<void> {
    await this.#running?.killGroup()
  }
}

async function startHadoop(jars: string, dir: string, ports: Ports, withYarn: boolean): Promise<RunningProcess> {
  const classpath = join(jars, "hadoop", "*")
  return spawnProcess({
    file: "java",
    args: [
      ...jvm(dir),
      `-Dapp.classpath=${classpath}`,
      ...(withYarn ? [`-Dsharelib=${join(jars, "sharelib")}`] : []),
      "-cp",
      `${join(jars, "hadoop")}:${classpath}`,
      "MiniHadoop",
      join(dir, "hadoop"),
      String(ports.nameNode),
      String(ports.webHdfs),
      ...(withYarn ? ports.yarn.map(String) : []),
    ],
    cwd: join(dir, "hadoop"),
    // Containers run what stands in JAVA_HOME.
    env: {
      PATH: `${join(dir, "bin")}:${process.env["PATH"] ?? ""}`,
      JAVA_HOME: await javaHome(),
      HADOOP_HOME: undefined,
    },
    readyLine: /^hadoop ready, control on port (\d+)$/,
    readyDeadlineMs,
  })
}

async function startServer(jars: string, dir: string, url: string): Promise<RunningProcess> {
  const settings: Readonly<Record<string, string>> = {
    "oozie.home.dir": dir,
    "oozie.config.dir": join(dir, "conf"),
    "oozie.log.dir": join(dir, "log"),
    "oozie.data.dir": join(dir, "data"),
    "oozie.instance.id": "test",
    "oozie.config.file": "oozie-site.xml",
    "oozie.log4j.file": "oozie-log4j.properties",
    // Seconds; with 0 a thread spins.
    "oozie.log4j.reload": "86400",
    "derby.stream.error.file": join(dir, "log", "derby.log"),
  }
  const child = await spawnProcess({
    file: "java",
    args: [
      ...jvm(dir),
      ...Object.entries(settings).map(([name, value]) => `-D${name}=${value}`),
      "-cp",
      `${join(dir, "jetty")}:${join(jars, "oozie", "*")}`,
      "org.apache.oozie.server.EmbeddedOozieServer",
    ],
    cwd: dir,
  })
  const status = async (): Promise<boolean> => {
    const answer = await fetch(`${url}/v1/admin/status`, { signal: AbortSignal.timeout(2000) })
    return (await answer.text()).includes("NORMAL")
  }
  const state = await waitFor(async () => (child.groupLives() ? (await status()) && "ready" : "ended"), {
    what: "Oozie to be in its normal mode",
    deadlineMs: readyDeadlineMs,
    everyMs: 100,
  }).catch(() => "late")
  if (state === "ready") return child
  await child.killGroup()
  throw new Error(`Oozie in ${dir} is not ready: ${state}.\n${child.stdout.slice(-4000)}\n${child.stderr.slice(-4000)}`)
}

function jvm(dir: string): readonly string[] {
  return [
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Djava.net.preferIPv4Stack=true",
    `-Djava.io.tmpdir=${join(dir, "tmp")}`,
    ...opens,
  ]
}

/** Makes the folders and the configuration; answers with the name of the user that the servers run as. */
async function layOut(dir: string, jars: string, ports: Ports): Promise<string> {
  // Jetty wants a web root, Oozie a folder of defaults for actions; both may be empty.
  const folders = ["conf/action-conf", "conf/hadoop-conf", "data", "log", "hadoop", "tmp", "bin", "jetty/webapp"]
  for (const folder of folders) await mkdir(join(dir, folder), { recursive: true })
  const values: Readonly<Record<string, string | number>> = {
    dir,
    ooziePort: ports.oozie,
    nameNodePort: ports.nameNode,
    resourceManagerPort: ports.yarn[0] ?? 0,
    schedulerPort: ports.yarn[1] ?? 0,
    adminPort: ports.yarn[3] ?? 0,
    classpath: join(jars, "hadoop", "*"),
  }
  for (const [from, to] of [
    ["oozie-site.xml", "conf/oozie-site.xml"],
    ["core-site.xml", "conf/hadoop-conf/core-site.xml"],
  ] as const) {
    const template = await readFile(join(here, from), "utf8")
    await writeFile(
      join(dir, to),
      template.replace(/@(\w+)@/g, (_, name: string) => String(values[name])),
    )
  }
  await cp(join(here, "oozie-log4j.properties"), join(dir, "conf", "oozie-log4j.properties"))
  // Containers would get a session of their own and outlive the NodeManager when that is killed; where the program that
  // makes sessions fails, they stay in its process group.
  const setsid = join(dir, "bin", "setsid")
  await writeFile(setsid, "#!/bin/sh\nexit 1\n")
  await chmod(setsid, 0o755)
  return currentUser()
}

async function javaHome(): Promise<string> {
  const { stdout, stderr } = await runProcess({ file: "java", args: ["-XshowSettings:properties", "-version"] })
  const home = /java\.home = (.+)/.exec(stdout + stderr)?.[1]
  if (home === undefined) throw new Error(`java does not say where it lives.\n${stdout}\n${stderr}`)
  return home.trim()
}

async function currentUser(): Promise<string> {
  const { stdout } = await runProcess({ file: "id", args: ["-un"] })
  return stdout.trim()
}

async function expectOk(url: string, method: string): Promise<void> {
  const answer = await fetch(url, { method, signal: AbortSignal.timeout(30_000) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${url} was answered ${answer.status}: ${text.slice(0, 1000)}`)
}
