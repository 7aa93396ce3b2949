import { Buffer } from "node:buffer"
import type { Clock } from "@millrace/ports"
import {
  type Authenticator,
  basicAuthenticator,
  bearerAuthenticator,
  HttpClient,
  type HttpAnswer,
  type HttpOutcome,
  noAuthenticator,
  type Query,
  type ReadSecret,
} from "@millrace/target"
import type { OozieConfig } from "./config.ts"
import { jobConfiguration, type Properties } from "./job-configuration.ts"
import { type Job, type JobKind, jobOf } from "./jobs.ts"
import { oozieDone, oozieFailed, type OozieResult } from "./result.ts"

export interface OoziePorts {
  readonly clock: Clock
  /** Needed where the configuration names secrets. */
  readonly readSecret?: ReadSecret
}

/** On whose behalf a request goes, and what may end it. */
export interface Call {
  /** Somebody else than our user, who must be allowed to act for others. */
  readonly doAs?: string
  readonly signal: AbortSignal
}

export interface SlaSummary {
  readonly id: string
  readonly status: string
  readonly events: string
  readonly expectedEndMs: number | undefined
}

const xml = { "content-type": "application/xml;charset=UTF-8" }

/** The calls of Oozie's REST interface that publishing needs. Failures are values, as of the HTTP client. */
export class OozieClient {
  readonly #http: HttpClient
  readonly #user: string

  constructor(config: OozieConfig, ports: OoziePorts) {
    this.#user = config.user
    this.#http = new HttpClient({
      urls: config.urls.map((url) => new URL(url)),
      clock: ports.clock,
      timeoutMs: config.timeoutMs,
      authenticator: authenticatorOf(config, ports.readSecret),
      maxResponseBytes: 16_000_000,
      // One of several servers that is being restarted.
      failoverStatuses: config.urls.length > 1 ? [502, 503] : [],
    })
  }

  /** `NORMAL`, `SAFEMODE` or `NOWEBSERVICE`. */
  async status(call: Call): Promise<OozieResult<string>> {
    const outcome = await this.#send("GET", ["v1", "admin", "status"], {}, undefined, call)
    return succeeded(outcome) ? oozieDone(textField(json(outcome), "systemMode")) : oozieFailed(outcome)
  }

  /** Checks a definition against the server's schemas; needs no file system. */
  async validate(definition: string, fileName: string, call: Call): Promise<OozieResult<undefined>> {
    const outcome = await this.#send("POST", ["v2", "validate"], { file: fileName, user: this.#user }, definition, call)
    return succeeded(outcome) ? oozieDone(undefined) : oozieFailed(outcome)
  }

  /** The full check of an application that lies in the file system. No job is made. */
  async dryRun(properties: Properties, call: Call): Promise<OozieResult<string>> {
    const outcome = await this.#send("POST", ["v1", "jobs"], { action: "dryrun" }, jobConfiguration(properties), call)
    return succeeded(outcome) ? oozieDone(textField(json(outcome), "id")) : oozieFailed(outcome)
  }

  /** Makes a job and starts it; answers with its id. Never sent twice by itself. */
  async submit(properties: Properties, call: Call): Promise<OozieResult<string>> {
    const body = jobConfiguration(properties)
    const outcome = await this.#send("POST", ["v1", "jobs"], { action: "start" }, body, call, false)
    if (!succeeded(outcome)) return oozieFailed(outcome)
    const id = textField(json(outcome), "id")
    return id === "" ? oozieFailed(outcome) : oozieDone(id)
  }

  /** A workflow job with this external id; empty where there is none. Of several any. */
  async findByExternalId(externalId: string, call: Call): Promise<OozieResult<string>> {
    const query = { jobtype: "wf", "external-id": externalId }
    const outcome = await this.#send("GET", ["v1", "jobs"], query, undefined, call)
    return succeeded(outcome) ? oozieDone(textField(json(outcome), "id")) : oozieFailed(outcome)
  }

  /** A job with at most `actions` of its actions, of a coordinator the latest first. */
  async info(id: string, actions: number, call: Call): Promise<OozieResult<Job>> {
    const query = { show: "info", offset: 1, len: actions, order: "desc" }
    const outcome = await this.#send("GET", ["v2", "job", id], query, undefined, call)
    if (!succeeded(outcome)) return oozieFailed(outcome)
    const job = jobOf(json(outcome))
    return job === undefined ? oozieFailed(outcome) : oozieDone(job)
  }

  /** The definition that a job runs, byte for byte as it was submitted. */
  async definition(id: string, call: Call): Promise<OozieResult<string>> {
    const outcome = await this.#send("GET", ["v1", "job", id], { show: "definition" }, undefined, call)
    return succeeded(outcome) ? oozieDone(outcome.body) : oozieFailed(outcome)
  }

  /** Jobs, the newest first. Names with `;` or `=` cannot be asked for: those are filtered here. */
  async list(kind: JobKind, filter: Properties, length: number, call: Call): Promise<OozieResult<readonly Job[]>> {
    const terms = Object.entries(filter).filter(([, value]) => !/[;=]/.test(value))
    const query = {
      jobtype: kind,
      offset: 1,
      len: length,
      ...(terms.length === 0 ? {} : { filter: terms.map(([name, value]) => `${name}=${value}`).join(";") }),
    }
    const outcome = await this.#send("GET", ["v1", "jobs"], query, undefined, call)
    if (!succeeded(outcome)) return oozieFailed(outcome)
    const lists = json(outcome)
    const found = lists["workflows"] ?? lists["coordinatorjobs"] ?? lists["bundlejobs"]
    const jobs = (Array.isArray(found) ? found : []).map(jobOf).filter((job) => job !== undefined)
    const { name } = filter
    return oozieDone(name === undefined ? jobs : jobs.filter((job) => job.name === name))
  }

  /** `suspend`, `resume`, `kill`. Oozie answers 200 also where it makes no sense: read the job back. */
  async control(id: string, action: "suspend" | "resume" | "kill", call: Call): Promise<OozieResult<undefined>> {
    const outcome = await this.#send("PUT", ["v1", "job", id], { action }, undefined, call)
    return succeeded(outcome) ? oozieDone(undefined) : oozieFailed(outcome)
  }

  async rerun(id: string, properties: Properties, call: Call): Promise<OozieResult<undefined>> {
    const body = jobConfiguration(properties)
    const outcome = await this.#send("PUT", ["v1", "job", id], { action: "rerun" }, body, call, false)
    return succeeded(outcome) ? oozieDone(undefined) : oozieFailed(outcome)
  }

  /** Runs instances of a coordinator again, such as `3` or `1-4`. */
  async rerunInstances(id: string, numbers: string, call: Call): Promise<OozieResult<undefined>> {
    const query = { action: "coord-rerun", type: "action", scope: numbers, refresh: "true", nocleanup: "false" }
    const outcome = await this.#send("PUT", ["v2", "job", id], query, jobConfiguration({}), call, false)
    return succeeded(outcome) ? oozieDone(undefined) : oozieFailed(outcome)
  }

  /** Changes `endtime`, `pausetime` or `concurrency` of a coordinator or bundle. */
  async change(id: string, value: string, call: Call): Promise<OozieResult<undefined>> {
    const outcome = await this.#send("PUT", ["v1", "job", id], { action: "change", value }, undefined, call)
    return succeeded(outcome) ? oozieDone(undefined) : oozieFailed(outcome)
  }

  /** Has a coordinator read its definition and configuration anew; answers with the difference as Oozie tells it. */
  async update(id: string, properties: Properties, dryRun: boolean, call: Call): Promise<OozieResult<string>> {
    const query = { action: "update", ...(dryRun ? { dryrun: "true" } : {}) }
    const outcome = await this.#send("PUT", ["v2", "job", id], query, jobConfiguration(properties), call)
    if (!succeeded(outcome)) return oozieFailed(outcome)
    const update = json(outcome)["update"]
    return oozieDone(textField((typeof update === "object" && update !== null ? update : {}) as Fields, "diff"))
  }

  async sla(appName: string, call: Call): Promise<OozieResult<readonly SlaSummary[]>> {
    if (/[;=]/.test(appName)) return oozieDone([])
    const query = { timezone: "GMT", filter: `app_name=${appName}` }
    const outcome = await this.#send("GET", ["v2", "sla"], query, undefined, call)
    if (!succeeded(outcome)) return oozieFailed(outcome)
    const list = json(outcome)["slaSummaryList"]
    return oozieDone((Array.isArray(list) ? (list as readonly Fields[]) : []).map(slaOf))
  }

  close(): Promise<void> {
    return this.#http.close()
  }

  #send(
    method: "GET" | "POST" | "PUT",
    path: readonly string[],
    query: Query,
    body: string | undefined,
    { doAs, signal }: Call,
    repeatable = true,
  ): Promise<HttpOutcome> {
    return this.#http.request({
      method,
      path,
      query: { ...query, "user.name": this.#user, ...(doAs === undefined || doAs === this.#user ? {} : { doAs }) },
      ...(body === undefined ? {} : { headers: xml, body: Buffer.from(body, "utf8") }),
      signal,
      repeatable,
    })
  }
}

type Fields = Readonly<Record<string, unknown>>

function succeeded(outcome: HttpOutcome): outcome is HttpAnswer {
  return outcome.type === "answer" && outcome.status >= 200 && outcome.status < 300 && !outcome.truncated
}

function json(answer: HttpAnswer): Fields {
  try {
    const parsed: unknown = JSON.parse(answer.body)
    return typeof parsed === "object" && parsed !== null ? (parsed as Fields) : {}
  } catch {
    return {}
  }
}

function textField(fields: Fields, name: string): string {
  const value = fields[name]
  return typeof value === "string" ? value : ""
}

function slaOf(fields: Fields): SlaSummary {
  const expectedEndMs = Date.parse(textField(fields, "expectedEnd"))
  return {
    id: textField(fields, "id"),
    status: textField(fields, "slaStatus"),
    events: textField(fields, "eventStatus"),
    expectedEndMs: Number.isNaN(expectedEndMs) ? undefined : expectedEndMs,
  }
}

function authenticatorOf({ auth }: OozieConfig, readSecret: ReadSecret | undefined): Authenticator {
  const secret = (source: Parameters<ReadSecret>[0]) => () => {
    if (readSecret === undefined) throw new Error("this process reads no secrets")
    return readSecret(source)
  }
  switch (auth.kind) {
    case "none":
      return noAuthenticator
    case "basic":
      return basicAuthenticator(auth.user, secret(auth.password))
    case "bearer":
      return bearerAuthenticator(secret(auth.token))
  }
}
