import { messageOf, MillraceError } from "@millrace/ports"
import type { Io } from "../io.ts"
import type { ServerOptions } from "./options.ts"

/**
 * The token to use: `--token` or its environment variable, else the development token of a local server.
 *
 * Rejects with kind `unauthenticated` where there is neither, `unavailable` where nothing answers.
 */
export async function tokenFor(options: ServerOptions, io: Io): Promise<string> {
  if (options.token !== undefined) return options.token
  const response = await get(new URL("/dev/token", options.url), io)
  if (response.status === 404) {
    throw new MillraceError(
      `${options.url} gives no development token: pass --token or set MILLRACE_TOKEN; \`millrace token\` makes one.`,
      { kind: "unauthenticated" },
    )
  }
  const body: unknown = await response.json().catch(() => undefined)
  if (typeof body === "object" && body !== null && "token" in body && typeof body.token === "string") return body.token
  throw new MillraceError(`${options.url} answered ${response.status} when asked for a development token.`, {
    kind: "unauthenticated",
  })
}

/** A GET whose failure says what to start. */
export function get(url: URL, io: Io, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return send(url, io, { headers }, 15_000)
}

/** A request whose failure says what to start. */
export async function send(url: URL, io: Io, init: RequestInit, timeoutMs: number): Promise<Response> {
  try {
    return await io.fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) })
  } catch (cause) {
    throw new MillraceError(
      `Nothing answers at ${url.origin} (${messageOf(cause)}): start it with \`npm start\`, or name another --url.`,
      { kind: "unavailable", cause },
    )
  }
}
