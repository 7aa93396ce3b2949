import type { ServerResponse } from "node:http"
import { httpStatusOf, type MillraceError } from "@millrace/ports"

export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" })
    .end(JSON.stringify(body))
}

export function answerError(response: ServerResponse, { kind, message, retry }: MillraceError): void {
  if (response.headersSent) return void response.destroy()
  answerJson(response, httpStatusOf(kind), { error: { kind, message, retry } })
}
