import { MillraceError, errorKinds, type ErrorKind, randomId } from "@millrace/ports"
import type { Io } from "../io.ts"
import type { ServerOptions } from "./options.ts"
import { send, tokenFor } from "./token.ts"

const timeoutMs = 600_000

/**
 * Asks the projector's API at `--url`. A POST gets an idempotency key of its own, so that the network may lose the answer and
 * a repeat does nothing twice.
 *
 * Rejects with the projector's own kind and message, or `unavailable` where nothing answers.
 */
export async function operate<T>(
  options: ServerOptions & { readonly key?: string },
  io: Io,
  method: "GET" | "POST",
  parts: readonly string[],
  body?: object,
): Promise<T> {
  const url = new URL(`/api/${parts.map(encodeURIComponent).join("/")}`, options.url)
  const headers: Record<string, string> = { authorization: `Bearer ${await tokenFor(options, io)}` }
  if (method === "POST") {
    headers["content-type"] = "application/json"
    headers["idempotency-key"] = options.key ?? randomId(io.random, 24)
  }
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
  const response = await send(url, io, init, timeoutMs)
  const answer: unknown = await response.json().catch(() => undefined)
  if (response.ok) return answer as T
  const { kind, message } = errorIn(answer)
  throw new MillraceError(message ?? `${url.origin} answered ${response.status}.`, {
    kind: kind ?? (response.status === 401 ? "unauthenticated" : "unavailable"),
  })
}

function errorIn(answer: unknown): { readonly kind?: ErrorKind; readonly message?: string } {
  if (typeof answer !== "object" || answer === null || !("error" in answer)) return {}
  const { kind, message } = answer.error as { readonly kind?: unknown; readonly message?: unknown }
  const known = errorKinds.find((each) => each === kind)
  return { ...(known === undefined ? {} : { kind: known }), ...(typeof message === "string" ? { message } : {}) }
}
