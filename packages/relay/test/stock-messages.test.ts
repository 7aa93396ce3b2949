import { waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { WebSocket } from "ws"
import * as Y from "yjs"
import { syncFrame } from "../src/room/frame.ts"
import { messagesIn } from "../src/socket/stock-messages.ts"
import { startTestRelay } from "./support/relay.ts"

const emptyVector = new Uint8Array([0])
const presenceOfNobody = Uint8Array.of(1, 1, 0)

test("R212 several messages in one frame are each answered, as clients on yrs begin", async () => {
  const { ws, token } = await startTestRelay()
  const socket = new WebSocket(`${ws}/w?token=${await token({ w: "write" })}`)
  const steps: (number | undefined)[] = []
  socket.on("message", (data: Buffer) => void steps.push(data[0] === 0 ? data[1] : undefined))
  socket.on("open", () => socket.send(Buffer.concat([syncFrame("step1", emptyVector), presenceOfNobody])))
  await waitFor(() => steps.includes(0) && steps.includes(1), { what: "the relay's step 1 and step 2" })
  const doc = new Y.Doc()
  doc.getText("t").insert(0, "x")
  const update = syncFrame("update", Y.encodeStateAsUpdate(doc))
  socket.send(Buffer.concat([update, syncFrame("step1", emptyVector)]))
  await waitFor(() => steps.filter((step) => step === 1).length === 2, { what: "the second answer" })
  expect(socket.readyState).toBe(WebSocket.OPEN)
  socket.terminate()
})

test("R212 a frame is refused where a message is cut short, followed by none, or one of too many", () => {
  const one = syncFrame("step1", emptyVector)
  expect(messagesIn(Buffer.concat([one, presenceOfNobody])).map((message) => message.length)).toEqual([4, 3])
  expect(messagesIn(new Uint8Array())).toEqual([])
  for (const bad of [one.subarray(0, 3), Buffer.concat([one, Uint8Array.of(9)]), new Uint8Array(17).fill(3)]) {
    expect(() => messagesIn(bad)).toThrow("does not decode")
  }
})
