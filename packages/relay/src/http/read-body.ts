import type { IncomingMessage } from "node:http"
import { messageOf, MillraceError } from "@millrace/ports"

/** The whole body. Rejects with kind `too-large` as soon as it is over the limit, `unavailable` where the caller goes away. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw bodyTooLarge(maxBytes)
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > maxBytes) throw bodyTooLarge(maxBytes)
      chunks.push(chunk)
    }
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause
    throw new MillraceError(`The body did not arrive (${messageOf(cause)}); send it again.`, {
      kind: "unavailable",
      retry: "now",
      cause,
    })
  }
  return Buffer.concat(chunks)
}

const maxJsonBytes = 65_536

/** A body that is one JSON object; an empty body counts as `{}`. Rejects with kind `invalid` for anything else. */
export async function readJsonBody(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const text = (await readBody(request, maxJsonBytes)).toString("utf8")
  if (text.trim() === "") return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch (cause) {
    throw new MillraceError("The body is no JSON.", { kind: "invalid", cause })
  }
  throw new MillraceError("The body must be one JSON object.", { kind: "invalid" })
}

function bodyTooLarge(maxBytes: number): MillraceError {
  return new MillraceError(`A body may have ${maxBytes} bytes here.`, { kind: "too-large" })
}
