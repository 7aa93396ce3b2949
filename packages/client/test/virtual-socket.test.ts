import { systemClock } from "@millrace/ports"
import { atEndOfTests, waitFor } from "@millrace/testkit"
import { Awareness } from "y-protocols/awareness"
import { expect, test } from "vitest"
import { WebsocketProvider } from "y-websocket"
import * as Y from "yjs"
import { VirtualSocket } from "../src/link/virtual-socket.ts"
import type { ChannelHandlers } from "../src/relay/channel.ts"

test("C23 a pong keeps the stock provider from taking a quiet channel for a dead one, and changes nothing", async () => {
  let handlers: ChannelHandlers | undefined
  const nothing = (): void => {}
  const host = {
    openChannel: (given: ChannelHandlers) => {
      handlers = given
      return { send: nothing, close: nothing }
    },
    requested: nothing,
    opened: nothing,
    permitted: nothing,
    sent: nothing,
    receive: (_frame: number, deliver: () => void) => deliver(),
    durable: nothing,
    caughtUpTo: nothing,
    progress: nothing,
    closed: nothing,
  }
  class Socket extends VirtualSocket {
    constructor() {
      super(host)
    }
  }
  const doc = new Y.Doc()
  const awareness = new Awareness(doc)
  awareness.setLocalState(null)
  const provider = new WebsocketProvider("ws://x", "w", doc, {
    awareness,
    disableBc: true,
    WebSocketPolyfill: Socket as never,
  })
  atEndOfTests(() => {
    provider.destroy()
    awareness.destroy()
  })
  expect(provider.wsconnected).toBe(false)
  handlers?.opened({ type: "opened", channel: 1, workspace: "w", generation: 1, permission: "write", seq: 0 })
  expect(provider.wsconnected).toBe(true)
  provider.wsLastMessageReceived = 0
  let changes = 0
  doc.on("update", () => (changes += 1))
  awareness.on("change", () => (changes += 1))
  handlers?.pong?.()
  expect(provider.wsLastMessageReceived).toBeGreaterThan(systemClock.nowMs() - 60_000)
  expect(changes).toBe(0)
  await waitFor(() => provider.wsconnected, { what: "still connected" })
})
