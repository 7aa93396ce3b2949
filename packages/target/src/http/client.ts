import { Agent as HttpAgent, validateHeaderValue } from "node:http"
import { Agent as HttpsAgent } from "node:https"
import { type Clock, messageOf, MillraceError } from "@millrace/ports"
import { attempt } from "./attempt.ts"
import { type Authenticator, noAuthenticator } from "./authenticator.ts"
import { Hosts } from "./hosts.ts"
import type { HttpAnswer, HttpOutcome, NoAnswer } from "./outcome.ts"
import { type Query, requestPath } from "./request-path.ts"
import { readTls, type TlsSettings } from "./tls.ts"

export interface HttpClientOptions {
  /** Base URLs, http or https, without user and password; the first is preferred. */
  readonly urls: readonly URL[]
  readonly clock: Clock
  /** Bounds one request with all its attempts. */
  readonly timeoutMs: number
  /** Bounds making one connection, so that a dead host leaves time for the next. Default: half of `timeoutMs`, at most 5 s. */
  readonly connectTimeoutMs?: number
  /** A kept connection is closed after this much silence; choose less than the server does. Default 20 s. */
  readonly idleTimeoutMs?: number
  /** Default 1 MB; what is longer is cut, not refused. */
  readonly maxResponseBytes?: number
  /** Default 8. */
  readonly maxConnectionsPerHost?: number
  /** How long a host that failed is tried last. Default 30 s. */
  readonly hostRestMs?: number
  /** Statuses by which a host asks to use another one. Default none. */
  readonly failoverStatuses?: readonly number[]
  /** The same for answers that only their content tells, such as that of a standby node. */
  readonly failoverWhen?: (answer: HttpAnswer) => boolean
  readonly authenticator?: Authenticator
  readonly tls?: TlsSettings
}

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE"
  /** Behind the base URL's path; each segment is encoded. */
  readonly path?: readonly string[]
  readonly query?: Query
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  readonly signal: AbortSignal
  /** Shortens the client's own bound for this request. */
  readonly timeoutMs?: number
  /**
   * Whether sending it twice does no harm. Then it is sent again at once where a kept connection proved to be closed.
   * Default true.
   */
  readonly repeatable?: boolean
}

/**
 * HTTP for targets: several hosts with failover, kept connections, deadlines, credentials fetched for each attempt.
 *
 * A request goes to the best host. Where no connection comes about, nothing was sent, and the next host gets it at
 * once; where it was sent and no answer came, the outcome is `unknown` and the caller repeats it, then beginning with
 * another host. Redirects are answers, never followed: credentials stay with the configured hosts.
 */
export class HttpClient {
  readonly #options: HttpClientOptions
  readonly #hosts: Hosts
  readonly #closing = new AbortController()
  readonly #http: HttpAgent
  #https: Promise<HttpsAgent> | undefined

  constructor(options: HttpClientOptions) {
    if (options.urls.length === 0) throw new MillraceError("An HTTP target needs at least one URL.", { kind: "usage" })
    this.#options = options
    this.#hosts = new Hosts(options.urls, options.clock, options.hostRestMs ?? 30_000)
    this.#http = new HttpAgent(this.#agentOptions())
  }

  /** Rejects only when `signal` aborts, when the client is closed, or for a request that cannot be expressed. */
  async request(request: HttpRequest): Promise<HttpOutcome> {
    const signal = AbortSignal.any([request.signal, this.#closing.signal])
    signal.throwIfAborted()
    const timeoutMs = Math.min(request.timeoutMs ?? Infinity, this.#options.timeoutMs)
    const untilMs = this.#options.clock.nowMs() + timeoutMs
    const failures: string[] = []
    let refusal: HttpAnswer | undefined

    for (const url of this.#hosts.order()) {
      const leftMs = untilMs - this.#options.clock.nowMs()
      if (leftMs <= 0) break
      const outcome = await this.#send(url, request, leftMs, signal)
      if (outcome.type === "answer" && !this.#asksForAnother(outcome)) {
        this.#hosts.worked(url)
        return outcome
      }
      if (outcome.type === "unauthenticated") return outcome
      this.#hosts.failed(url)
      if (outcome.type === "unknown") return outcome
      if (outcome.type === "answer") refusal = outcome
      else failures.push(outcome.reason)
    }
    // A host that answers "not I" says more than one that does not answer.
    return refusal ?? { type: "unreached", reason: failures.join("; ") || `no host tried within ${timeoutMs} ms` }
  }

  /**
   * Sends to an address that one of the hosts named, in a redirect for instance: to it alone, without our credentials,
   * and once more where a kept connection proved to be closed. What it must prove stands in the address.
   */
  async requestAt(url: URL, request: Omit<HttpRequest, "path" | "query">): Promise<HttpOutcome> {
    const signal = AbortSignal.any([request.signal, this.#closing.signal])
    signal.throwIfAborted()
    const timeoutMs = Math.min(request.timeoutMs ?? Infinity, this.#options.timeoutMs)
    return this.#attempts(url, url.pathname + url.search, request, {}, timeoutMs, signal)
  }

  /** Ends what is in flight with kind `closed` and closes the connections. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort(new MillraceError("The HTTP client is closed.", { kind: "closed" }))
    this.#http.destroy()
    const https = await this.#https?.catch(() => undefined)
    https?.destroy()
  }

  async #send(url: URL, request: HttpRequest, leftMs: number, signal: AbortSignal): Promise<HttpOutcome> {
    const path = requestPath(url, request.path ?? [], request.query)
    const credentials = await this.#credentials(url, request.method)
    if ("reason" in credentials) return credentials
    return this.#attempts(url, path, request, credentials.headers, leftMs, signal)
  }

  async #attempts(
    url: URL,
    path: string,
    request: Omit<HttpRequest, "path" | "query">,
    credentials: Readonly<Record<string, string>>,
    leftMs: number,
    signal: AbortSignal,
  ): Promise<HttpOutcome> {
    const agent = await this.#agentFor(url)
    if ("reason" in agent) return agent
    // Each round uses up one stale kept connection, so there are no more rounds than connections.
    for (let round = 0; ; round += 1) {
      const result = await attempt({
        url,
        path,
        method: request.method,
        headers: { ...request.headers, ...credentials },
        body: request.body,
        agent,
        clock: this.#options.clock,
        timeoutMs: leftMs,
        connectTimeoutMs: Math.min(this.#options.connectTimeoutMs ?? Math.min(5000, leftMs / 2), leftMs),
        maxResponseBytes: this.#options.maxResponseBytes ?? 1_000_000,
        signal,
      })
      if (result.type === "answer") return result
      if (!result.stale || request.repeatable === false || round >= this.#maxConnections()) {
        return { type: result.type, reason: result.reason }
      }
    }
  }

  #asksForAnother(answer: HttpAnswer): boolean {
    const { failoverStatuses, failoverWhen } = this.#options
    return failoverStatuses?.includes(answer.status) === true || failoverWhen?.(answer) === true
  }

  async #credentials(url: URL, method: string): Promise<{ headers: Readonly<Record<string, string>> } | NoAnswer> {
    const authenticator = this.#options.authenticator ?? noAuthenticator
    try {
      const headers = await authenticator.headers({ method, url })
      for (const [name, value] of Object.entries(headers)) validateHeaderValue(name, value)
      return { headers }
    } catch (error) {
      return { type: "unauthenticated", reason: `The credentials for ${url.host} cannot be used: ${messageOf(error)}` }
    }
  }

  async #agentFor(url: URL): Promise<HttpAgent | HttpsAgent | NoAnswer> {
    if (url.protocol !== "https:") return this.#http
    this.#https ??= readTls(this.#options.tls ?? {}).then((tls) => new HttpsAgent({ ...this.#agentOptions(), ...tls }))
    try {
      return await this.#https
    } catch (error) {
      this.#https = undefined
      return { type: "unreached", reason: `The TLS files for ${url.host} cannot be used: ${messageOf(error)}` }
    }
  }

  #agentOptions(): { keepAlive: true; timeout: number; maxSockets: number; maxFreeSockets: number } {
    const maxSockets = this.#maxConnections()
    return { keepAlive: true, timeout: this.#options.idleTimeoutMs ?? 20_000, maxSockets, maxFreeSockets: maxSockets }
  }

  #maxConnections(): number {
    return this.#options.maxConnectionsPerHost ?? 8
  }
}
