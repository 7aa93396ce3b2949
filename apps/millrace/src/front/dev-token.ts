import type { IncomingMessage, ServerResponse } from "node:http"
import { MillraceError } from "@millrace/ports"
import { answerJson } from "./json-answer.ts"

/** Makes a short-lived token for local development. */
export type DevToken = () => Promise<{ readonly token: string; readonly expiresAtMs: number }>

const localNames = new Set(["127.0.0.1", "localhost", "[::1]"])

/**
 * Answers `GET /dev/token` with `{ token, expiresAtMs }` for clients of this machine alone.
 *
 * The Host must be a local name, else a foreign page could reach it by a name of its own that resolves to this
 * machine; an Origin, which browsers send for other sites' pages, must be this very server. Refusals are kind
 * `forbidden`.
 */
export async function answerDevToken(
  request: IncomingMessage,
  response: ServerResponse,
  devToken: DevToken,
): Promise<void> {
  if (request.method !== "GET") throw new MillraceError("Only GET is answered here.", { kind: "invalid" })
  const host = request.headers.host ?? ""
  const { origin } = request.headers
  const fetchSite = request.headers["sec-fetch-site"]
  const hostIsLocal = localNames.has(host.replace(/:\d+$/, ""))
  const originIsOurs = origin === undefined || origin === `http://${host}`
  const siteIsOurs = fetchSite === undefined || fetchSite === "same-origin" || fetchSite === "none"
  if (!hostIsLocal || !originIsOurs || !siteIsOurs) {
    throw new MillraceError("A development token is given to this machine's own page and tools alone.", {
      kind: "forbidden",
    })
  }
  answerJson(response, 200, await devToken())
}
