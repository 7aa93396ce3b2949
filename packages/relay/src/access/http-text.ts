import { messageOf, MillraceError } from "@millrace/ports"

/** Network as a port: the text behind a URL. */
export type ReadUrl = (url: string) => Promise<string>

export interface ReadUrlOptions {
  readonly fetch: typeof globalThis.fetch
  readonly timeoutMs?: number
  readonly maxBytes?: number
}

/**
 * Reads small texts over HTTP: status 200 only, no redirects (a key's place is what the configuration says), bounded in
 * time and bytes. Rejects with kind `unavailable`.
 */
export function urlReader({ fetch, timeoutMs = 5000, maxBytes = 262_144 }: ReadUrlOptions): ReadUrl {
  return async (url) => {
    try {
      const response = await fetch(url, {
        redirect: "error",
        headers: { accept: "application/json" },
        signal: AbortSignal.timeout(timeoutMs),
      })
      if (response.status !== 200) throw new Error(`it answered ${response.status}`)
      return await boundedText(response, maxBytes)
    } catch (cause) {
      throw new MillraceError(`${url} cannot be read: ${messageOf(cause)}.`, { kind: "unavailable", cause })
    }
  }
}

async function boundedText(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString("utf8")
}
