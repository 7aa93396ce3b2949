import { type Agent as HttpAgent, type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http"
import { type Agent as HttpsAgent, request as requestHttps } from "node:https"
import { type Clock, messageOf } from "@millrace/ports"
import type { HttpAnswer, NoAnswer } from "./outcome.ts"

export interface Attempt {
  readonly url: URL
  /** Path and query, encoded. */
  readonly path: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | undefined
  readonly agent: HttpAgent | HttpsAgent
  readonly clock: Clock
  readonly connectTimeoutMs: number
  readonly timeoutMs: number
  readonly maxResponseBytes: number
  readonly signal: AbortSignal
}

/** `stale`: the server had closed the kept connection before the request reached it, as far as one can know. */
export type AttemptResult = HttpAnswer | (NoAnswer & { readonly stale: boolean })

/** Sends one request to one host. Rejects with the signal's reason when it aborts, never otherwise. */
export function attempt(options: Attempt): Promise<AttemptResult> {
  return new Promise((resolve, reject) => {
    const { clock, signal, url } = options
    const host = url.host
    let connected = false
    let answer: { readonly response: IncomingMessage; readonly chunks: Buffer[]; bytes: number } | undefined
    let why: string | undefined

    const request = open(options)
    const stop = (reason: string): void => {
      why ??= reason
      request.destroy(new Error(reason))
    }
    const connecting = clock.after(options.connectTimeoutMs, () => {
      if (!connected) stop(`no connection within ${options.connectTimeoutMs} ms`)
    })
    const waiting = clock.after(options.timeoutMs, () => stop(`no answer within ${options.timeoutMs} ms`))
    const aborted = (): void => stop("aborted")
    signal.addEventListener("abort", aborted, { once: true })

    const settle = (result: () => AttemptResult): void => {
      connecting.cancel()
      waiting.cancel()
      signal.removeEventListener("abort", aborted)
      if (signal.aborted) reject(signal.reason as Error)
      else resolve(result())
    }
    const answered = (truncated: boolean): void => {
      const got = answer
      if (got !== undefined) settle(() => readAnswer(got.response, got.chunks, truncated, host))
    }

    request.on("socket", (socket) => {
      if (!socket.connecting) connected = true
      else socket.once(url.protocol === "https:" ? "secureConnect" : "connect", () => (connected = true))
    })
    request.on("response", (response) => {
      const got = { response, chunks: [] as Buffer[], bytes: 0 }
      answer = got
      response.on("data", (chunk: Buffer) => {
        const room = options.maxResponseBytes - got.bytes
        got.bytes += chunk.length
        got.chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk)
        if (got.bytes > options.maxResponseBytes) {
          answered(true)
          response.destroy()
        }
      })
      response.on("end", () => answered(false))
      response.on("error", () => answered(true))
      response.on("aborted", () => answered(true))
    })
    request.on("error", (error: NodeJS.ErrnoException) => {
      if (answer !== undefined) return answered(true)
      const stale = request.reusedSocket && error.code === "ECONNRESET" && why === undefined
      settle(() => ({ type: connected ? "unknown" : "unreached", reason: `${host}: ${why ?? describe(error)}`, stale }))
    })
    request.end(options.body)
  })
}

function open(options: Attempt): ClientRequest {
  const { url } = options
  const send = url.protocol === "https:" ? requestHttps : requestHttp
  return send({
    protocol: url.protocol,
    // node wants IPv6 addresses without the brackets that URLs put around them.
    hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? undefined : Number(url.port),
    method: options.method,
    path: options.path,
    agent: options.agent,
    headers: {
      ...options.headers,
      ...(options.body === undefined ? {} : { "content-length": String(options.body.length) }),
    },
  })
}

function readAnswer(
  response: IncomingMessage,
  chunks: readonly Buffer[],
  truncated: boolean,
  host: string,
): HttpAnswer {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value
  }
  const body = Buffer.concat(chunks).toString("utf8")
  return { type: "answer", status: response.statusCode ?? 0, headers, body, truncated, host }
}

/** Several addresses of one name fail as one AggregateError without a message of its own. */
function describe(error: NodeJS.ErrnoException): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(messageOf).join("; ")
  return messageOf(error)
}
