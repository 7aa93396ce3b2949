import { createServer, type IncomingMessage, request as send, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { atEndOfTests } from "@millrace/testkit"

export interface Recorded {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export interface Recorder {
  readonly url: string
  /** What went through, in order. */
  readonly requests: readonly Recorded[]
  close(): Promise<void>
}

/** Hands every request on to a server and keeps what was sent, so that another client can send the same bytes. */
export async function startRecorder(target: string): Promise<Recorder> {
  const requests: Recorded[] = []
  const handle = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bytesOf(message)
    const { method = "GET", url: path = "/" } = message
    const kept = ["authorization", "content-type", "accept"].flatMap((name) => {
      const value = message.headers[name]
      return typeof value === "string" ? [[name, value]] : []
    })
    const recorded: Recorded = { method, path, headers: Object.fromEntries(kept), body }
    requests.push(recorded)
    const answer = await sendRecorded(target, recorded)
    response.writeHead(answer.status, { "content-type": "application/json" }).end(answer.body)
  }
  const server = createServer((message, response) => {
    handle(message, response).catch(() => message.socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  atEndOfTests(close)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, requests, close }
}

/** Sends it as a bare client does: no deadline, no retry, no reading of what the answer means. */
export function sendRecorded(
  target: string,
  { method, path, headers, body }: Recorded,
): Promise<{ readonly status: number; readonly body: Buffer }> {
  return new Promise((resolve, reject) => {
    const request = send(new URL(path, target), { method, headers: { ...headers, "content-length": body.length } })
    request.on("error", reject)
    request.on("response", (response) => {
      bytesOf(response).then((answer) => resolve({ status: response.statusCode ?? 0, body: answer }), reject)
    })
    request.end(body)
  })
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
