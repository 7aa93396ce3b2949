import { decodeClientMessage, type ClientMessage, encodeServerMessage, type ServerMessage } from "@millrace/protocol"
import type { SocketConstructor, SocketLike } from "../src/options.ts"

/** The other end of a socket, played by a test: for silences and refusals that a real relay does not produce on demand. */
export interface ScriptedSocket {
  readonly url: string
  readonly protocols: readonly string[]
  readonly received: ClientMessage[]
  readonly closed: boolean
  open(): void
  say(message: ServerMessage): void
  sayBytes(bytes: Uint8Array): void
  drop(code?: number, reason?: string): void
}

export interface ScriptedSockets {
  readonly WebSocket: SocketConstructor
  readonly sockets: readonly ScriptedSocket[]
  readonly last: ScriptedSocket
}

export const hello: ServerMessage = {
  type: "hello",
  version: 1,
  subject: "test",
  maxMessageBytes: 1_000_000,
  maxPartBytes: 100_000,
  pingMs: 10_000,
}

export function scriptedSockets(): ScriptedSockets {
  const sockets: ScriptedSocket[] = []
  class Socket implements SocketLike, ScriptedSocket {
    binaryType = ""
    readonly readyState = 1
    readonly bufferedAmount = 0
    onopen: ((event: never) => void) | null = null
    onmessage: ((event: never) => void) | null = null
    onclose: ((event: never) => void) | null = null
    onerror: ((event: never) => void) | null = null
    readonly url: string
    readonly protocols: readonly string[]
    readonly received: ClientMessage[] = []
    closed = false
    constructor(url: string, protocols: string[]) {
      this.url = url
      this.protocols = protocols
      sockets.push(this)
    }
    send(data: Uint8Array): void {
      this.received.push(decodeClientMessage(data))
    }
    close(): void {
      this.closed = true
    }
    open(): void {
      this.onopen?.({} as never)
    }
    say(message: ServerMessage): void {
      this.sayBytes(encodeServerMessage(message))
    }
    sayBytes(bytes: Uint8Array): void {
      this.onmessage?.({ data: bytes.slice().buffer } as never)
    }
    drop(code = 1006, reason = ""): void {
      this.onclose?.({ code, reason } as never)
    }
  }
  return {
    WebSocket: Socket,
    sockets,
    get last() {
      const last = sockets.at(-1)
      if (last === undefined) throw new Error("no socket was made")
      return last
    },
  }
}
