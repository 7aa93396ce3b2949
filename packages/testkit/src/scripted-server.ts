import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { atEndOfTests } from "./cleanup.ts"

export interface ScriptedRequest {
  readonly method: string
  /** Path and query as they were sent. */
  readonly url: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Buffer
  /** Which connection it came on, counted from 1. */
  readonly connection: number
}

export interface ScriptedAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** What happens to one request. */
export interface Step {
  /** Waits for a request of this kind; others pass it by. */
  readonly only?: (request: ScriptedRequest) => boolean
  /** Answered in place of the application, which does not see the request unless `apply` is true. */
  readonly answer?: ScriptedAnswer
  /** Lets the application see the request although `answer` is given. */
  readonly apply?: boolean
  /** Cuts the connection before or after the application saw the request, in place of any answer. */
  readonly drop?: "before" | "after"
  /** Never answers; the connection stays open until the server stops. */
  readonly hang?: "before" | "after"
  /** Cuts the connection behind the body of `answer`, whose content-length may promise more. */
  readonly cutBody?: boolean
  /** Waits before answering, after the application saw the request. */
  readonly delayMs?: number
}

export interface ScriptedServer {
  readonly url: string
  readonly port: number
  /** Every request so far, in order of arrival. */
  readonly requests: readonly ScriptedRequest[]
  /** Steps for the next requests, one each; when they are used up, the application answers. */
  script(...steps: readonly Step[]): void
  /** A step for every request from now on that has none of its own; undefined ends it. */
  always(step: Step | undefined): void
  /** Closes the port and cuts every connection; `revive` listens on the same port again. */
  kill(): Promise<void>
  revive(): Promise<void>
  stop(): Promise<void>
}

export type Application = (request: ScriptedRequest) => ScriptedAnswer

const ok: Application = () => ({ status: 200 })

/** An HTTP server on 127.0.0.1 that behaves as a test tells it to. It stops at the end of the test file. */
export async function startScriptedServer(application: Application = ok): Promise<ScriptedServer> {
  const requests: ScriptedRequest[] = []
  const steps: Step[] = []
  const connections = new WeakMap<object, number>()
  let connectionCount = 0
  let standing: Step | undefined
  let port = 0

  const handle = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of message) chunks.push(chunk as Buffer)
    const request: ScriptedRequest = {
      method: message.method ?? "",
      url: message.url ?? "",
      headers: message.headers,
      body: Buffer.concat(chunks),
      connection: connections.get(message.socket) ?? 0,
    }
    requests.push(request)
    const at = steps.findIndex(({ only }) => only?.(request) ?? true)
    const step = (at < 0 ? undefined : steps.splice(at, 1)[0]) ?? standing ?? {}
    if (step.drop === "before") return void message.socket.destroy()
    if (step.hang === "before") return
    const applied = step.answer === undefined || step.apply === true ? application(request) : undefined
    if (step.drop === "after") return void message.socket.destroy()
    if (step.hang === "after") return
    if (step.delayMs !== undefined) await new Promise((resolve) => void setTimeout(resolve, step.delayMs))
    const answer = step.answer ?? applied ?? { status: 500 }
    response.writeHead(answer.status, { ...answer.headers })
    if (step.cutBody === true) response.write(answer.body ?? "", () => message.socket.destroy())
    else response.end(answer.body ?? "")
  }

  const server = createServer((message, response) => {
    // A client that goes away in the middle of a request is part of what is tested.
    handle(message, response).catch(() => message.socket.destroy())
  })
  server.on("connection", (socket) => connections.set(socket, (connectionCount += 1)))
  const listen = (): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once("error", reject)
      server.listen(port, "127.0.0.1", () => {
        server.off("error", reject)
        port = (server.address() as AddressInfo).port
        resolve()
      })
    })
  const kill = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  await listen()
  const forget = atEndOfTests(kill)
  return {
    port,
    url: `http://127.0.0.1:${port}/`,
    requests,
    script: (...more) => void steps.push(...more),
    always: (step) => (standing = step),
    kill,
    revive: listen,
    stop: async () => {
      forget()
      await kill()
    },
  }
}
