import type { Clock } from "@millrace/ports"
import type { Authenticator } from "../http/authenticator.ts"
import { HttpClient } from "../http/client.ts"
import type { HttpAnswer, HttpOutcome } from "../http/outcome.ts"
import type { Query } from "../http/request-path.ts"
import type { TlsSettings } from "../http/tls.ts"
import { entryOf, type HdfsEntry } from "./entry.ts"
import { hdfsDone, hdfsFailed, hdfsFailure, type HdfsResult, isStandby } from "./fault.ts"

export interface WebHdfsOptions {
  /** Of each NameNode, such as `http://namenode:9870/webhdfs/v1`; the active one is found. */
  readonly urls: readonly URL[]
  /** Whom HDFS takes us for where it believes names; absent where an authenticator says it. */
  readonly user?: string
  readonly clock: Clock
  /** Bounds each request. */
  readonly timeoutMs: number
  readonly authenticator?: Authenticator
  readonly tls?: TlsSettings
  /** What is longer cannot be read. Default 8 MB. */
  readonly maxReadBytes?: number
}

interface Call {
  /** Acts as this user, which HDFS must allow ours to do. */
  readonly doAs?: string
  readonly signal: AbortSignal
}

/**
 * Files on HDFS over WebHDFS.
 *
 * Paths are lists of names, so that no name can become a way out of its folder. Failures are values; a call rejects
 * only when its signal aborts, when the client is closed, or for a name that no URL can hold. Where data travels, the
 * NameNode names a DataNode, which gets the second request without our credentials: what it needs is in its address.
 */
export class WebHdfsClient {
  readonly #http: HttpClient
  readonly #user: string | undefined
  readonly #maxReadBytes: number

  constructor(options: WebHdfsOptions) {
    this.#user = options.user
    this.#maxReadBytes = options.maxReadBytes ?? 8_000_000
    this.#http = new HttpClient({
      urls: options.urls,
      clock: options.clock,
      timeoutMs: options.timeoutMs,
      failoverWhen: isStandby,
      maxResponseBytes: this.#maxReadBytes,
      ...(options.authenticator === undefined ? {} : { authenticator: options.authenticator }),
      ...(options.tls === undefined ? {} : { tls: options.tls }),
    })
  }

  /** A file's or folder's description; `absent` where there is none. */
  async status(path: readonly string[], call: Call): Promise<HdfsResult<HdfsEntry>> {
    const outcome = await this.#name("GET", path, { op: "GETFILESTATUS" }, call)
    if (!succeeded(outcome)) return hdfsFailure(outcome)
    const entry = entryOf(field(outcome, "FileStatus"))
    return entry === undefined ? unexpected(outcome) : hdfsDone(entry)
  }

  /** What a folder holds. */
  async list(path: readonly string[], call: Call): Promise<HdfsResult<readonly HdfsEntry[]>> {
    const outcome = await this.#name("GET", path, { op: "LISTSTATUS" }, call)
    if (!succeeded(outcome)) return hdfsFailure(outcome)
    if (outcome.truncated) return hdfsFailed("invalid", `/${path.join("/")} holds more than can be listed`)
    const statuses = field(outcome, "FileStatuses")
    const list = typeof statuses === "object" && statuses !== null && "FileStatus" in statuses && statuses.FileStatus
    if (!Array.isArray(list)) return unexpected(outcome)
    return hdfsDone(list.map(entryOf).filter((entry) => entry !== undefined))
  }

  /** A file's text, as UTF-8. */
  async read(path: readonly string[], call: Call): Promise<HdfsResult<string>> {
    const located = await this.#locate("GET", path, { op: "OPEN" }, call)
    if (!located.done) return located
    // An empty file may be answered by the NameNode itself.
    if (located.value === undefined) return hdfsDone("")
    const outcome = await this.#http.requestAt(located.value, { method: "GET", signal: call.signal })
    if (!succeeded(outcome)) return hdfsFailure(outcome)
    if (outcome.truncated) {
      return outcome.body.length >= this.#maxReadBytes / 4
        ? hdfsFailed("invalid", `/${path.join("/")} is longer than the ${this.#maxReadBytes} bytes that are read`)
        : hdfsFailed("unanswered", `${outcome.host} broke off in the middle of /${path.join("/")}`)
    }
    return hdfsDone(outcome.body)
  }

  /**
   * Writes a whole file; complete and closed when it is done. Make its folder first: HDFS makes missing ones as well, but
   * then open to everybody.
   *
   * Until then, and after a failure, the name may hold the beginning of it: write beside and `rename`.
   */
  async write(
    path: readonly string[],
    bytes: Uint8Array,
    call: Call & { readonly overwrite?: boolean; readonly permission?: string },
  ): Promise<HdfsResult<undefined>> {
    const query = {
      op: "CREATE",
      overwrite: String(call.overwrite ?? false),
      ...(call.permission === undefined ? {} : { permission: call.permission }),
    }
    const located = await this.#locate("PUT", path, query, call)
    if (!located.done) return located
    if (located.value === undefined) return hdfsFailed("foreign", "The NameNode named no DataNode to write to")
    const outcome = await this.#http.requestAt(located.value, {
      method: "PUT",
      headers: { "content-type": "application/octet-stream" },
      body: bytes,
      signal: call.signal,
    })
    return succeeded(outcome) ? hdfsDone(undefined) : hdfsFailure(outcome)
  }

  /** Makes a folder and those above it; done also where it exists. */
  async makeFolder(
    path: readonly string[],
    call: Call & { readonly permission?: string },
  ): Promise<HdfsResult<undefined>> {
    const permission = call.permission === undefined ? {} : { permission: call.permission }
    const made = await this.#decide("PUT", path, { op: "MKDIRS", ...permission }, call)
    if (!made.done) return made
    return made.value ? hdfsDone(undefined) : hdfsFailed("exists", `A file stands in the way of /${path.join("/")}`)
  }

  /** Moves a file or folder, in one step and never over something: false where the one is absent or the other exists. */
  rename(from: readonly string[], to: readonly string[], call: Call): Promise<HdfsResult<boolean>> {
    return this.#decide("PUT", from, { op: "RENAME", destination: `/${to.join("/")}` }, call)
  }

  /** Moves a file over what stands there, in one step. */
  async replace(from: readonly string[], to: readonly string[], call: Call): Promise<HdfsResult<undefined>> {
    const query = { op: "RENAME", destination: `/${to.join("/")}`, renameoptions: "OVERWRITE" }
    const outcome = await this.#name("PUT", from, query, call)
    return succeeded(outcome) ? hdfsDone(undefined) : hdfsFailure(outcome)
  }

  /** Removes a file, or a folder with all in it; false where there was none. */
  remove(path: readonly string[], call: Call): Promise<HdfsResult<boolean>> {
    return this.#decide("DELETE", path, { op: "DELETE", recursive: "true" }, call)
  }

  close(): Promise<void> {
    return this.#http.close()
  }

  /** A request that the NameNode answers itself. */
  #name(method: "GET" | "PUT" | "DELETE", path: readonly string[], query: Query, call: Call): Promise<HttpOutcome> {
    return this.#http.request({
      method,
      path,
      query: {
        ...query,
        ...(this.#user === undefined ? {} : { "user.name": this.#user }),
        ...(call.doAs === undefined ? {} : { doas: call.doAs }),
      },
      signal: call.signal,
    })
  }

  async #decide(
    method: "PUT" | "DELETE",
    path: readonly string[],
    query: Query,
    call: Call,
  ): Promise<HdfsResult<boolean>> {
    const outcome = await this.#name(method, path, query, call)
    if (!succeeded(outcome)) return hdfsFailure(outcome)
    const value = field(outcome, "boolean")
    return typeof value === "boolean" ? hdfsDone(value) : unexpected(outcome)
  }

  /** Where the data goes to or comes from; undefined where the NameNode needs nobody for it. */
  async #locate(
    method: "GET" | "PUT",
    path: readonly string[],
    query: Query,
    call: Call,
  ): Promise<HdfsResult<URL | undefined>> {
    const outcome = await this.#name(method, path, query, call)
    if (outcome.type !== "answer") return hdfsFailure(outcome)
    const location = outcome.headers["location"]
    if ((outcome.status === 307 || outcome.status === 302) && location !== undefined && URL.canParse(location)) {
      return hdfsDone(new URL(location))
    }
    return succeeded(outcome) ? hdfsDone(undefined) : hdfsFailure(outcome)
  }
}

function succeeded(outcome: HttpOutcome): outcome is HttpAnswer {
  return outcome.type === "answer" && outcome.status >= 200 && outcome.status < 300
}

function field(answer: HttpAnswer, name: string): unknown {
  try {
    const parsed: unknown = JSON.parse(answer.body)
    return typeof parsed === "object" && parsed !== null
      ? (parsed as Readonly<Record<string, unknown>>)[name]
      : undefined
  } catch {
    return undefined
  }
}

function unexpected(answer: HttpAnswer): HdfsResult<never> {
  return hdfsFailed("foreign", `${answer.host} answered ${answer.status} with something that WebHDFS does not say`)
}
