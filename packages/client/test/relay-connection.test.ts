import { type MillraceError, silentLog } from "@millrace/ports"
import { encodeServerMessage } from "@millrace/protocol"
import { fakeClock, seededRandom } from "@millrace/testkit"
import { describe, expect, test } from "vitest"
import type { ChannelHandlers } from "../src/relay/channel.ts"
import { syncUrl } from "../src/relay/live-socket.ts"
import { RelayConnection } from "../src/relay/relay-connection.ts"
import { hello, scriptedSockets } from "./scripted-socket.ts"

function setUp(random: { float(): number } = { float: () => 0.5 }) {
  const clock = fakeClock()
  const script = scriptedSockets()
  let tokens = 0
  const relay = new RelayConnection({
    url: "https://relay.example/base/",
    token: () => `token ${(tokens += 1)}`,
    WebSocket: script.WebSocket,
    clock,
    random: { float: () => random.float(), bytes: (length) => new Uint8Array(length) },
    log: silentLog,
  })
  const errors: MillraceError[] = []
  const events: string[] = []
  const handlers: ChannelHandlers = {
    requested: () => events.push("requested"),
    opened: () => events.push("opened"),
    data: (payload) => events.push(`data ${payload.join()}`),
    pong: () => events.push("pong"),
    closed: (error) => {
      events.push(`closed ${error.kind}`)
      errors.push(error)
    },
  }
  const openChannel = (workspace = "w", mode: "sync" | "log" = "sync") =>
    relay.openChannel({ workspace, mode, position: () => ({ generation: 1, afterSeq: 0 }) }, handlers)
  const settle = (): Promise<void> => clock.advanceAndSettle(0)
  const connect = async (): Promise<void> => {
    await settle()
    script.last.open()
    script.last.say(hello)
  }
  const opened = (channel: number): void =>
    script.last.say({ type: "opened", channel, workspace: "w", generation: 1, permission: "write", seq: 0 })
  return { clock, script, relay, errors, events, openChannel, settle, connect, opened, tokens: () => tokens }
}

test("C12 the token travels as a subprotocol beside the protocol's name, fresh at every connection", async () => {
  const { script, openChannel, connect, clock } = setUp()
  openChannel()
  await connect()
  expect(script.last.url).toBe("wss://relay.example/base/sync")
  expect(script.last.protocols).toEqual(["millrace.v1", "token 1"])
  script.last.drop()
  openChannel()
  await clock.advanceAndSettle(1_000)
  expect(script.last.protocols).toEqual(["millrace.v1", "token 2"])
})

test("C12 delays between attempts are full jitter up to 10 s, and begin anew after success", async () => {
  const random = seededRandom()
  const drawn: number[] = []
  const { clock, script, openChannel, settle, opened } = setUp({
    float: () => {
      const float = random.float()
      drawn.push(float)
      return float
    },
  })
  openChannel()
  await settle()
  const limits = [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]
  for (const [i, limit] of limits.entries()) {
    script.last.drop()
    expect(clock.nextAtMs).toBe(clock.nowMs() + Math.floor((drawn[i] ?? 0) * limit))
    await clock.advanceAndSettle(limit)
  }
  script.last.open()
  script.last.say(hello)
  opened(1)
  script.last.drop()
  expect(clock.nextAtMs).toBe(clock.nowMs() + Math.floor((drawn.at(-1) ?? 0) * 250))
})

test("C12 a hint of the relay when to come back is honoured", async () => {
  const { clock, script, openChannel, connect } = setUp()
  openChannel()
  await connect()
  script.last.say({ type: "error", channel: 0, kind: "unavailable", retry: { afterMs: 20_000 }, message: "later" })
  expect(script.last.closed).toBe(true)
  openChannel()
  await clock.advanceAndSettle(20_000)
  expect(script.sockets.length).toBe(1)
  await clock.advanceAndSettle(250)
  expect(script.sockets.length).toBe(2)
})

describe("C23 whoever is silent is left", () => {
  test("a relay that does not answer a ping is dropped; one that says anything is kept", async () => {
    const { clock, script, openChannel, connect, opened, errors, events } = setUp()
    openChannel()
    await connect()
    opened(1)
    await clock.advanceAndSettle(10_000)
    const nonces = (): readonly number[] =>
      script.last.received.flatMap((message) => (message.type === "ping" ? [message.nonce] : []))
    expect(nonces()).toEqual([1])
    script.last.say({ type: "pong", nonce: 1 })
    expect(events.at(-1)).toBe("pong")
    await clock.advanceAndSettle(10_000)
    expect(nonces()).toEqual([1, 2])
    await clock.advanceAndSettle(10_000)
    expect(errors.map(({ kind, retry }) => [kind, retry])).toEqual([["timeout", "now"]])
    expect(script.last.closed).toBe(true)
  })

  test("a socket without a hello is given up", async () => {
    const { clock, script, openChannel, settle } = setUp()
    openChannel()
    await settle()
    script.last.open()
    await clock.advanceAndSettle(15_000)
    expect(script.sockets[0]?.closed).toBe(true)
    await clock.advanceAndSettle(10_000)
    expect(script.sockets.length).toBe(2)
  })
})

test("C10 a close code of the permanent range ends every attempt, one of the other range does not", async () => {
  const { clock, script, openChannel, connect, errors, relay } = setUp()
  openChannel()
  await connect()
  script.last.drop(4503)
  expect(errors.map(({ retry }) => retry)).toEqual(["now"])
  openChannel()
  await clock.advanceAndSettle(10_000)
  script.last.drop(4403, "no")
  expect(errors.at(-1)).toMatchObject({ kind: "forbidden", retry: "never" })
  expect(relay.state).toBe("refused")
  await clock.advanceAndSettle(60_000)
  expect(script.sockets.length).toBe(2)
  openChannel()
  await clock.advanceAndSettle(0)
  expect(errors.at(-1)?.kind).toBe("forbidden")
})

test("C17 the error of one channel ends that channel alone", async () => {
  const { script, openChannel, connect, opened, events, errors } = setUp()
  openChannel("one")
  openChannel("two")
  await connect()
  opened(1)
  opened(2)
  script.last.say({ type: "error", channel: 1, kind: "storage", retry: { afterMs: 5 }, message: "disk" })
  expect(errors.map(({ kind, retry }) => [kind, retry])).toEqual([["storage", { afterMs: 5 }]])
  script.last.say({ type: "data", channel: 2, payload: Uint8Array.of(7) })
  script.last.say({ type: "data", channel: 1, payload: Uint8Array.of(8) })
  expect(events.slice(-2)).toEqual(["closed storage", "data 7"])
})

test("C17 large messages go and come in parts, in order, with nothing between", async () => {
  const { script, openChannel, connect, opened, events } = setUp()
  const channel = openChannel()
  await connect()
  opened(1)
  channel.send(new Uint8Array(250_000).fill(1))
  const parts = script.last.received.filter((message) => message.type === "part")
  expect(parts.map(({ last }) => last)).toEqual([false, false, true])
  const whole = encodeServerMessage({ type: "data", channel: 1, payload: Uint8Array.of(1, 2, 3) })
  script.last.say({ type: "part", last: false, bytes: whole.subarray(0, 2) })
  script.last.say({ type: "part", last: true, bytes: whole.subarray(2) })
  expect(events.at(-1)).toBe("data 1,2,3")
})

test("C17 bytes that are no message end the connection, which comes back", async () => {
  const { clock, script, openChannel, connect, errors } = setUp()
  openChannel()
  await connect()
  script.last.sayBytes(Uint8Array.of(99, 1, 2))
  expect(errors.map(({ kind, retry }) => [kind, retry])).toEqual([["corrupt", "now"]])
  openChannel()
  await clock.advanceAndSettle(10_000)
  expect(script.sockets.length).toBe(2)
})

test("C17 a late event of a socket already given up changes nothing", async () => {
  const { clock, script, openChannel, connect, opened, events } = setUp()
  openChannel()
  await connect()
  opened(1)
  const first = script.last
  const { onmessage, onclose } = first as unknown as {
    readonly onmessage: (event: { readonly data: ArrayBuffer }) => void
    readonly onclose: (event: { readonly code: number }) => void
  }
  first.drop()
  openChannel()
  await clock.advanceAndSettle(10_000)
  script.last.open()
  script.last.say(hello)
  opened(2)
  const before = events.length
  onmessage({ data: encodeServerMessage({ type: "data", channel: 2, payload: Uint8Array.of(1) }).slice().buffer })
  onclose({ code: 1006 })
  expect(events.length).toBe(before)
  expect(script.last.closed).toBe(false)
})

test("C17 closing ends every channel with kind closed and dials no more", async () => {
  const { clock, script, openChannel, connect, errors, relay } = setUp()
  openChannel()
  await connect()
  relay.close()
  relay.close()
  expect(errors.map(({ kind, retry }) => [kind, retry])).toEqual([["closed", "never"]])
  await clock.advanceAndSettle(60_000)
  expect(script.sockets.length).toBe(1)
})

test.each([
  ["http://127.0.0.1:8080", "ws://127.0.0.1:8080/sync"],
  ["https://relay.example/", "wss://relay.example/sync"],
  ["wss://relay.example/a/b/", "wss://relay.example/a/b/sync"],
])("C12 %s is dialled as %s", (url, dialled) => {
  expect(syncUrl(url)).toBe(dialled)
})
