import { protocolName } from "@millrace/protocol"
import type { SocketConstructor, SocketLike } from "../options.ts"

export interface SocketHandlers {
  open(): void
  message(bytes: Uint8Array): void
  closed(code: number, reason: string): void
}

interface MessageLike {
  readonly data: unknown
}
interface CloseLike {
  readonly code?: number
  readonly reason?: string
}

/** A real socket to `<url>/sync`; the token travels as a subprotocol, out of URLs and logs. */
export class LiveSocket {
  readonly #socket: SocketLike

  constructor(WebSocket: SocketConstructor, url: string, token: string, handlers: SocketHandlers) {
    const socket = new WebSocket(syncUrl(url), [protocolName, token])
    socket.binaryType = "arraybuffer"
    socket.onopen = () => handlers.open()
    socket.onmessage = ({ data }: MessageLike) => {
      if (data instanceof ArrayBuffer) handlers.message(new Uint8Array(data))
    }
    // Every error is followed by a close.
    socket.onerror = () => {}
    socket.onclose = ({ code, reason }: CloseLike) => handlers.closed(code ?? 1006, reason ?? "")
    this.#socket = socket
  }

  send(bytes: Uint8Array): void {
    this.#socket.send(bytes as Uint8Array<ArrayBuffer>)
  }

  /** No handler is called after it. */
  close(): void {
    this.#socket.onopen = null
    this.#socket.onmessage = null
    this.#socket.onclose = null
    // A socket closed while it connects reports an error; without a listener `ws` would throw it.
    this.#socket.onerror = () => {}
    this.#socket.close()
  }
}

/** `http` is read as `ws`, `https` as `wss`; throws for what is no URL. */
export function syncUrl(url: string): string {
  const parsed = new URL(url)
  parsed.protocol = parsed.protocol === "https:" || parsed.protocol === "wss:" ? "wss:" : "ws:"
  parsed.pathname = `${parsed.pathname.replace(/\/+$/, "")}/sync`
  return parsed.href
}
