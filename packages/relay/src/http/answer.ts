import type { ServerResponse } from "node:http"
import type { ErrorKind, MillraceError } from "@millrace/ports"

const statuses: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  "not-found": 404,
  conflict: 409,
  generation: 410,
  reserved: 422,
  "too-large": 413,
  "rate-limited": 429,
  timeout: 504,
  unavailable: 503,
  storage: 503,
  corrupt: 400,
  unsupported: 426,
  closed: 503,
  usage: 400,
  bug: 500,
}

/** An answer of HTTP before it is written, so that a refused upgrade and a request look alike. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
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

/** `{ error: { kind, message, retry } }` under the status of the kind. */
export function errorAnswer(error: MillraceError): Answer {
  const { kind, message, retry } = error
  const answer = jsonAnswer(statuses[kind], { error: { kind, message, retry } })
  const extra: Record<string, string> = {}
  if (kind === "unauthenticated") extra["www-authenticate"] = "Bearer"
  if (kind === "unsupported") extra["upgrade"] = "websocket"
  if (typeof retry === "object") extra["retry-after"] = String(Math.ceil(retry.afterMs / 1000))
  return { ...answer, headers: { ...answer.headers, ...extra } }
}

export function writeAnswer(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, answer.headers).end(answer.body)
}
