import type { IncomingMessage } from "node:http"
import { MillraceError } from "@millrace/ports"

const maxBytes = 1_048_576

/** A JSON body; an empty one counts as `{}`. Rejects with kind `too-large` over 1 MB, `invalid` for what is no JSON. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new MillraceError(`A body may have ${maxBytes} bytes.`, { kind: "too-large" })
    chunks.push(chunk)
  }
  const text = Buffer.concat(chunks).toString("utf8")
  if (text.trim() === "") return {}
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new MillraceError("The body is no JSON.", { kind: "invalid", cause })
  }
}
