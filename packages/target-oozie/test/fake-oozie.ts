import {
  type FakeHdfs,
  type ScriptedAnswer,
  type ScriptedRequest,
  type ScriptedServer,
  startFakeHdfs,
  startScriptedServer,
} from "@millrace/testkit"
import { readConfiguration } from "../src/job-configuration.ts"

export interface FakeJob {
  readonly id: string
  readonly kind: "wf" | "coordinator" | "bundle"
  readonly name: string
  readonly user: string
  status: string
  conf: string
  definition: string
  startTime: string
  endTime: string
  nextTime: string
  concurrency: number
  actions: readonly Readonly<Record<string, unknown>>[]
}

/** As much of Oozie's REST interface as publishing needs, in memory, over a fake HDFS. */
export interface FakeOozie {
  readonly server: ScriptedServer
  readonly hdfs: FakeHdfs
  /** The newest last. */
  readonly jobs: FakeJob[]
  readonly settings: object
}

export async function startFakeOozie(): Promise<FakeOozie> {
  const hdfs = await startFakeHdfs()
  const jobs: FakeJob[] = []
  const server = await startScriptedServer((request) => answerTo(request))
  const settings = {
    kind: "oozie",
    url: `${server.url}oozie`,
    webHdfsUrl: hdfs.url,
    nameNode: "hdfs://fake",
    user: "millrace",
    properties: { jobTracker: "fake" },
  }
  return { server, hdfs, jobs, settings }

  function answerTo(request: ScriptedRequest): ScriptedAnswer {
    const url = new URL(request.url, server.url)
    const query = url.searchParams
    const body = request.body.toString("utf8")
    const [, kind = "", id = ""] = /^\/oozie\/v\d\/(\w+)\/?(.*)$/.exec(url.pathname) ?? []
    if (kind === "admin") return json(200, { systemMode: "NORMAL" })
    if (kind === "validate") return body.includes("no-such-thing") ? failed("E0701", "XML schema error") : json(200, {})
    if (kind === "sla") return json(200, { slaSummaryList: [] })
    if (kind === "jobs" && request.method === "POST") return post(query, body)
    if (kind === "jobs") return list(query)
    const job = jobs.find((one) => one.id === decodeURIComponent(id))
    if (job === undefined) return failed("E0604", `Job does not exist [${id}]`)
    if (request.method === "PUT") return put(job, query, body)
    return query.get("show") === "definition" ? { status: 200, body: job.definition } : json(200, infoOf(job, true))
  }

  function post(query: URLSearchParams, body: string): ScriptedAnswer {
    const conf = readConfiguration(body)
    const made = definitionIn(body)
    if (made === undefined) return failed("E0307", "Runtime error, no such file")
    if (query.get("action") === "dryrun") return json(201, { id: "OK" })
    const letter = made.kind === "wf" ? "W" : made.kind === "coordinator" ? "C" : "B"
    const id = `${String(jobs.length).padStart(7, "0")}-fake-oozie-${letter}`
    const user = query.get("doAs") ?? query.get("user.name") ?? conf["user.name"] ?? ""
    jobs.push({
      id,
      kind: made.kind,
      name: made.root("name"),
      user,
      status: made.kind === "wf" ? "SUCCEEDED" : "RUNNING",
      conf: body,
      definition: made.text,
      startTime: made.root("start"),
      endTime: made.root("end"),
      nextTime: made.root("start"),
      concurrency: 1,
      actions: [],
    })
    return json(201, { id })
  }

  function list(query: URLSearchParams): ScriptedAnswer {
    const external = query.get("external-id")
    if (external !== null) {
      const found = jobs.find((one) => readConfiguration(one.conf)["oozie.wf.external.id"] === external)
      return json(200, { id: found?.id ?? "" })
    }
    const kind = query.get("jobtype") ?? ""
    const wanted = new Map((query.get("filter") ?? "").split(";").map((term) => term.split("=") as [string, string]))
    const found = jobs
      .filter((job) => job.kind === kind)
      .filter((job) => wanted.get("name") === undefined || wanted.get("name") === job.name)
      .filter((job) => wanted.get("user") === undefined || wanted.get("user") === job.user)
      .map((job) => infoOf(job, false))
      .reverse()
    const name = kind === "wf" ? "workflows" : kind === "coordinator" ? "coordinatorjobs" : "bundlejobs"
    return json(200, { total: found.length, [name]: found })
  }

  function put(job: FakeJob, query: URLSearchParams, body: string): ScriptedAnswer {
    const action = query.get("action")
    if (action === "kill") job.status = "KILLED"
    if (action === "suspend") job.status = "SUSPENDED"
    if (action === "resume") job.status = "RUNNING"
    if (action === "change") {
      const [, name, value = ""] = /^(\w+)=(.*)$/.exec(query.get("value") ?? "") ?? []
      if (name === "endtime") job.endTime = value
    }
    if (action === "rerun") Object.assign(job, { conf: body, status: "RUNNING" })
    if (action !== "update") return { status: 200 }
    const next = definitionIn(body)
    if (next === undefined) return failed("E0307", "no such file")
    const old = definitionIn(job.conf)
    for (const [name, said] of [
      ["frequency", "Frequency can't be changed"],
      ["timezone", "TimeZone can't be changed"],
    ] as const) {
      if (next.root(name) !== old?.root(name)) return failed("E0803", `E1023: Coord job update error: [${said}]`)
    }
    if (Date.parse(next.root("start")) !== Date.parse(job.startTime))
      return failed("E0803", "E1023: [Start time can't be changed]")
    if (Date.parse(next.root("end")) !== Date.parse(job.endTime))
      return failed("E0803", "E1023: [End time can't be changed]")
    if (query.get("dryrun") !== "true") Object.assign(job, { conf: body, definition: printedAnew(next.text) })
    return json(200, { update: { diff: `-${job.definition}\n+${next.text}` } })
  }

  function definitionIn(body: string) {
    const conf = readConfiguration(body)
    for (const [name, kind] of [
      ["oozie.wf.application.path", "wf"],
      ["oozie.coord.application.path", "coordinator"],
      ["oozie.bundle.application.path", "bundle"],
    ] as const) {
      const text = hdfs.files.get((conf[name] ?? "").replace(/^hdfs:\/\/fake/, ""))?.toString("utf8")
      if (text === undefined) continue
      const root = (attribute: string): string =>
        new RegExp(`<\\w+-app[^>]*\\s${attribute}="([^"]*)"`).exec(text)?.[1] ?? ""
      return { kind, text, root }
    }
    return undefined
  }
}

/** An update keeps what the definition says, not its text: no declaration, no comments, indented by two, CR LF. */
function printedAnew(text: string): string {
  return text
    .replace(/^<\?xml.*?\?>\s*/, "")
    .replaceAll(/<!--.*?-->\s*/gs, "")
    .replaceAll(/^(?: {4})+/gm, (indent) => " ".repeat(indent.length / 2))
    .trimEnd()
    .replaceAll("\n", "\r\n")
}

function infoOf(job: FakeJob, isWhole: boolean): Readonly<Record<string, unknown>> {
  const gmt = (time: string): string | null => (Number.isNaN(Date.parse(time)) ? null : new Date(time).toUTCString())
  const common = {
    status: job.status,
    user: job.user,
    conf: isWhole ? job.conf : null,
    startTime: gmt(job.startTime),
    endTime: gmt(job.endTime),
    consoleUrl: null,
    ...(isWhole ? { actions: job.actions } : {}),
  }
  if (job.kind === "wf") return { ...common, id: job.id, appName: job.name }
  if (job.kind === "bundle") return { ...common, bundleJobId: job.id, bundleJobName: job.name, bundleCoordJobs: [] }
  const { concurrency } = job
  return {
    ...common,
    coordJobId: job.id,
    coordJobName: job.name,
    nextMaterializedTime: gmt(job.nextTime),
    concurrency,
  }
}

function json(status: number, value: unknown): ScriptedAnswer {
  return { status, body: JSON.stringify(value) }
}

function failed(code: string, message: string): ScriptedAnswer {
  return { status: 400, headers: { "oozie-error-code": code, "oozie-error-message": `${code}: ${message}` } }
}
