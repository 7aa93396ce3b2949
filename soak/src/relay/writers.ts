// A process of several writers, to be killed. Reads one line of JSON (WriterOrders) and then writes for its life; notes
// "+MARK" for every edit that the relay has called durable, "-MARK" for every durable removal, "~MARK" before a
// removal is tried. Ends when its input does.
import { openSync, writeSync } from "node:fs"
import { createInterface } from "node:readline"
import { openRawDocument } from "@millrace/client/node"
import { seededRandom, type SeededRandom } from "@millrace/testkit"
import { WebSocket } from "ws"
import { WebsocketProvider } from "y-websocket"
import * as Y from "yjs"
import { formatMark, makeEdit, type Mark } from "./marks.ts"
import type { WriterOrders } from "./writers-process.ts"

/** Edits of one writer that may wait for their ack. */
const maxWaiting = 64
const ballastChars = 150_000

let notes = -1
let acknowledged = false

/** In the system's hands when it returns, so that a kill does not take it back; a pipe that is full would keep it here. */
function note(line: string): void {
  writeSync(notes, `${line}\n`)
  if (acknowledged || !line.startsWith("+")) return
  acknowledged = true
  process.stdout.write("acknowledged\n")
}

/** Writes for ever: one edit, a short pause, the next; and removes now and then what is durable already. */
async function write(
  doc: Y.Doc,
  orders: WriterOrders,
  writer: number,
  random: SeededRandom,
  flushed: (() => Promise<unknown>) | undefined,
): Promise<never> {
  const removable: string[] = []
  const waiting = new Set<string>()
  for (let number = 0; ; number++) {
    const mark: Mark = { round: orders.round, writer, number }
    const without = random.chance(0.2) ? removable.shift() : undefined
    if (without !== undefined) note(`~${without}`)
    makeEdit(doc, mark, without, random.chance(0.003) ? "b".repeat(random.int(ballastChars)) : undefined)
    if (flushed !== undefined) {
      waiting.add(formatMark(mark))
      flushed().then(
        () => {
          waiting.delete(formatMark(mark))
          note(`+${formatMark(mark)}`)
          if (without !== undefined) note(`-${without}`)
          removable.push(formatMark(mark))
        },
        () => {},
      )
    }
    do await new Promise((resolve) => void setTimeout(resolve, random.int(orders.pauseMs)))
    while (waiting.size >= maxWaiting)
  }
}

async function startWriter(orders: WriterOrders, writer: number, random: SeededRandom): Promise<void> {
  const doc = new Y.Doc()
  // Every other writer has an id as clients in Rust and Python draw them.
  if (random.chance(0.5)) doc.clientID = 2 ** 32 + random.int(2 ** 20) * 2 ** 32 + random.int(2 ** 31)
  if (writer < orders.writers) {
    const { url, workspace, token } = orders
    const raw = openRawDocument({ url, workspace, token, doc })
    await raw.synced
    await write(doc, orders, writer, random, () => raw.flushed())
    return
  }
  const provider = new WebsocketProvider(`${orders.url.replace("http", "ws")}/sync`, orders.workspace, doc, {
    WebSocketPolyfill: WebSocket as never,
    disableBc: true,
    params: { token: orders.token },
  })
  await new Promise<void>((resolve) => provider.once("sync", () => resolve()))
  await write(doc, orders, writer, random, undefined)
}

process.stdout.write("ready\n")
let begun = false
createInterface({ input: process.stdin })
  .once("line", (line) => {
    begun = true
    const orders = JSON.parse(line) as WriterOrders
    notes = openSync(orders.notes, "a")
    const random = seededRandom(orders.seed)
    for (let writer = 0; writer < orders.writers + orders.stockWriters; writer++) {
      startWriter(orders, writer, random.fork(`writer ${writer}`)).catch((thrown: unknown) => {
        console.error(thrown)
      })
    }
  })
  .once("close", () => process.exit(begun ? 1 : 0))
