import type { ServerResponse } from "node:http"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { httpStatusOf, type MillraceError } from "@millrace/ports"

/** An answer of HTTP before it is written, so that a refused upgrade and a request look alike. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Sent instead of `body`, no faster than the caller takes it; the answer is cut where it throws. */
  readonly lines?: AsyncIterable<string>
}

export function jsonAnswer(status: number, value: unknown): Answer {
  const body = `${JSON.stringify(value)}\n`
  return {
    status,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "content-length": String(Buffer.byteLength(body)),
      "cache-control": "no-store",
    },
    body,
  }
}

export function textAnswer(contentType: string, body: string): Answer {
  const headers = {
    "content-type": contentType,
    "content-length": String(Buffer.byteLength(body)),
    "cache-control": "no-store",
  }
  return { status: 200, headers, body }
}

/** `{ error: { kind, message, retry } }` under the status of the kind. */
export function errorAnswer(error: MillraceError): Answer {
  const { kind, message, retry } = error
  const answer = jsonAnswer(httpStatusOf(kind), { error: { kind, message, retry } })
  const extra: Record<string, string> = {}
  if (kind === "unauthenticated") extra["www-authenticate"] = "Bearer"
  if (kind === "unsupported") extra["upgrade"] = "websocket"
  if (typeof retry === "object") extra["retry-after"] = String(Math.ceil(retry.afterMs / 1000))
  return { ...answer, headers: { ...answer.headers, ...extra } }
}

export function writeAnswer(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, answer.headers)
  if (answer.lines === undefined || response.req.method === "HEAD") response.end(answer.body)
  // A cut answer is seen by its reader: the last line is missing, and so is the end of the chunks.
  else pipeline(Readable.from(answer.lines), response).catch(() => response.destroy())
}
