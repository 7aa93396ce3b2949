import { describe, expect, test } from "vitest"
import { connectionStates, linkEvents, nextConnectionState } from "../src/connection-state.ts"
import {
  nextSocketState,
  type SocketEvent,
  type SocketState,
  socketEvents,
  socketStates,
} from "../src/relay/socket-state.ts"
import { exceptionAges, reaches, recordState, touchKinds, verdict } from "../src/status/record-status.ts"

describe("C7 the connection's state follows its table in every cell", () => {
  // Columns: dial, open, lose, refuse.
  const expected = {
    offline: ["connecting", "online", "offline", "refused"],
    connecting: ["connecting", "online", "offline", "refused"],
    online: ["online", "online", "offline", "refused"],
    refused: ["refused", "refused", "refused", "refused"],
  }
  test.each(connectionStates)("%s", (state) => {
    expect(linkEvents.map((event) => nextConnectionState(state, event))).toEqual(expected[state])
  })
})

describe("C7 the socket's state follows its table in every cell", () => {
  const moves: readonly (readonly [SocketState, SocketEvent, SocketState])[] = [
    ["idle", "want", "dialing"],
    ["dialing", "open", "greeting"],
    ["dialing", "lost", "waiting"],
    ["dialing", "timer", "waiting"],
    ["dialing", "refuse", "refused"],
    ["greeting", "hello", "ready"],
    ["greeting", "lost", "waiting"],
    ["greeting", "timer", "waiting"],
    ["greeting", "refuse", "refused"],
    ["ready", "lost", "waiting"],
    ["ready", "timer", "waiting"],
    ["ready", "refuse", "refused"],
    ["waiting", "timer", "dialing"],
    ["waiting", "refuse", "refused"],
  ]
  const cells = socketStates.flatMap((state) => socketEvents.map((event) => [state, event] as const))
  test.each(cells)("%s, %s", (state, event) => {
    const move = moves.find(([from, by]) => from === state && by === event)
    expect(nextSocketState(state, event)).toBe(event === "close" ? "closed" : (move?.[2] ?? state))
  })
})

describe("C6 a record's state at a binding follows its table in every cell, and is accepted in one only", () => {
  const cells = touchKinds.flatMap((touch) =>
    exceptionAges.flatMap((exception) => reaches.map((reach) => [touch, exception, reach] as const)),
  )
  test.each(cells)("%s, %s, %s", (touch, exception, reach) => {
    const found = verdict(touch, exception, reach)
    if (touch === "waiting") expect(found).toBe("waiting")
    else if (touch === "unknown") expect(found).toBe("pending")
    else if (exception === "current") expect(found).toBe("exception")
    else if (reach === "behind") expect(found).toBe("pending")
    else expect(found).toBe(exception === "none" ? "accepted" : "exception")
  })

  test("a record is as its worst binding, and durable where no binding takes it", () => {
    const at = (state: "pending" | "accepted" | "parked" | "rejected" | "conflict") => ({ state, seq: 1 })
    expect(recordState("known", [])).toBe("durable")
    expect(recordState("unknown", [])).toBe("pending")
    expect(recordState("waiting", [at("accepted")])).toBe("waiting")
    expect(recordState("known", [at("accepted"), at("pending")])).toBe("pending")
    expect(recordState("known", [at("pending"), at("conflict")])).toBe("conflict")
    expect(recordState("known", [at("conflict"), at("rejected")])).toBe("rejected")
    expect(recordState("known", [at("rejected"), at("parked")])).toBe("parked")
    expect(recordState("known", [at("accepted"), at("accepted")])).toBe("accepted")
  })
})
