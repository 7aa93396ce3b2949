import type { ServerResponse } from "node:http"
import type { ErrorKind, MillraceError } from "@millrace/ports"

const codes: Readonly<Partial<Record<ErrorKind, number>>> = {
  invalid: 400,
  usage: 400,
  unauthenticated: 401,
  forbidden: 403,
  "not-found": 404,
  conflict: 409,
  "too-large": 413,
  "rate-limited": 429,
  timeout: 504,
  unavailable: 503,
}

export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" })
    .end(JSON.stringify(body))
}

export function answerError(response: ServerResponse, { kind, message, retry }: MillraceError): void {
  if (response.headersSent) return void response.destroy()
  answerJson(response, codes[kind] ?? 500, { error: { kind, message, retry } })
}
