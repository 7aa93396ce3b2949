import { openRawDocument } from "@millrace/client/node"
import type { MillraceError } from "@millrace/ports"
import { waitFor } from "@millrace/testkit"
import { WebSocket } from "ws"
import { WebsocketProvider } from "y-websocket"
import * as Y from "yjs"
import { formatMark, makeEdit } from "../relay/marks.ts"
import { type Owed, nothingOwed } from "../relay/owed.ts"

/** Two good clients, one of each protocol, that go on writing while others attack. */
export interface Bystanders {
  readonly docs: readonly Y.Doc[]
  /** What was acknowledged to them. */
  readonly owed: Owed
  /** Stops writing; resolves once all that they wrote is acknowledged and both hold the same marks. */
  settle(): Promise<void>
  /** Connections that they lost; none should be. */
  readonly lost: readonly string[]
  close(): void
}

const editEveryMs = 25

export async function openBystanders(url: string, workspace: string, token: string): Promise<Bystanders> {
  const owed = nothingOwed()
  const lost: string[] = []
  const [doc, stockDoc] = [new Y.Doc(), new Y.Doc()]
  const onError = (error: MillraceError): void => void lost.push(`millrace.v1: ${error.message}`)
  const raw = openRawDocument({ url, workspace, token, doc, onError })
  const provider = new WebsocketProvider(`${url.replace("http", "ws")}/sync`, workspace, stockDoc, {
    WebSocketPolyfill: WebSocket as never,
    disableBc: true,
    params: { token },
  })
  let closing = false
  provider.on("connection-close", (event) => {
    if (!closing) lost.push(`stock: closed with ${event?.code ?? "no code"} ${event?.reason ?? ""}`)
  })
  await raw.synced
  await waitFor(() => provider.synced, { what: "the stock bystander to be in step" })
  let number = 0
  const timer = setInterval(() => {
    const mark = { round: 0, writer: 0, number: number++ }
    makeEdit(doc, mark, undefined, undefined)
    raw.flushed().then(
      () => owed.added.add(formatMark(mark)),
      () => {},
    )
    makeEdit(stockDoc, { ...mark, writer: 1 }, undefined, undefined)
  }, editEveryMs)
  return {
    docs: [doc, stockDoc],
    owed,
    lost,
    settle: async () => {
      clearInterval(timer)
      await raw.flushed()
      const marks = (of: Y.Doc): string => of.getText("text").toJSON()
      await waitFor(() => marks(doc) === marks(stockDoc) && marks(doc).split(" ").length === 2 * number + 1, {
        what: "both bystanders to hold all marks",
        deadlineMs: 30_000,
      })
      // What is passed on need not be durable yet; with a last edit that is, all before it are.
      doc.getMap("latest").set("last", number)
      await raw.flushed()
      await waitFor(() => stockDoc.getMap("latest").has("last"), { what: "the last edit at the stock bystander" })
    },
    close: () => {
      closing = true
      clearInterval(timer)
      provider.destroy()
      raw.close()
    },
  }
}
