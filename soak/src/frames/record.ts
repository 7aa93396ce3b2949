import { openRawDocument } from "@millrace/client/node"
import { encodeClientMessage, frameTypes } from "@millrace/protocol"
import { waitFor } from "@millrace/testkit"
import { WebSocket } from "ws"
import { WebsocketProvider } from "y-websocket"
import * as Y from "yjs"

/** What real clients sent, message by message. */
export interface Recording {
  /** Frames of the stock protocol. */
  readonly stock: readonly Uint8Array[]
  /** Messages of millrace.v1. */
  readonly ours: readonly Uint8Array[]
}

/** Has one client of each protocol write in `workspace` for a moment, and keeps what they sent. */
export async function recordFrames(url: string, workspace: string, token: string): Promise<Recording> {
  const [stock, ours] = [[] as Uint8Array[], [...rare(workspace)]]
  const doc = new Y.Doc()
  const provider = new WebsocketProvider(`${url.replace("http", "ws")}/sync`, workspace, doc, {
    WebSocketPolyfill: recording(stock) as never,
    disableBc: true,
    params: { token },
  })
  const other = new Y.Doc()
  const raw = openRawDocument({ url, workspace, token, doc: other, WebSocket: recording(ours) })
  try {
    await raw.synced
    await waitFor(() => provider.synced, { what: "the stock client to be in step" })
    for (let count = 0; count < 10; count++) {
      doc.getText("recorded").insert(0, `stock ${count} `)
      other.getText("recorded").insert(0, `ours ${count} `)
      provider.awareness.setLocalState({ count })
    }
    await raw.flushed()
    await waitFor(() => doc.getText("recorded").length === other.getText("recorded").length, { what: "both equal" })
  } finally {
    provider.destroy()
    raw.close()
  }
  return { stock: [...stock, Uint8Array.of(frameTypes.queryAwareness)], ours }
}

/** Messages that those clients have no reason to send in a moment. */
function rare(workspace: string): readonly Uint8Array[] {
  const follow = { type: "open", channel: 7, workspace, mode: "log", generation: 0, afterSeq: 0 } as const
  const part = { type: "part", last: false, bytes: Uint8Array.of(2, 1, 1, 0) } as const
  return [
    follow,
    { type: "close", channel: 1 } as const,
    { type: "feed" } as const,
    { type: "ping", nonce: 300 } as const,
    part,
    { ...part, last: true },
  ].map(encodeClientMessage)
}

function recording(kept: Uint8Array[]): typeof WebSocket {
  return class extends WebSocket {
    override send(data: Uint8Array): void {
      kept.push(new Uint8Array(data))
      super.send(data)
    }
  }
}
