import { seededRandom } from "@millrace/testkit"
import * as encoding from "lib0/encoding"
import { expect, test } from "vitest"
import { decodeClientMessage, decodeServerMessage, encodeClientMessage, encodeServerMessage } from "../src/index.ts"
import { anyClientMessage, anyServerMessage } from "./messages.ts"

const corrupt = expect.objectContaining({ kind: "corrupt" }) as Error

test("P1 every message comes back as it was sent", () => {
  const random = seededRandom()
  for (let round = 0; round < 3000; round++) {
    const client = anyClientMessage(random)
    expect(decodeClientMessage(encodeClientMessage(client))).toEqual(client)
    const server = anyServerMessage(random)
    expect(decodeServerMessage(encodeServerMessage(server))).toEqual(server)
  }
})

test("P1 the first byte of each message is the one that every build knows", () => {
  const clients = ["open", "data", "close", "feed", "ping", "part", "auth"]
  const servers = [
    "hello",
    "opened",
    "durable",
    "entry",
    "caughtUp",
    "feed",
    "pong",
    "error",
    "data",
    "part",
    "permission",
    "snapshot",
  ]
  const random = seededRandom(1)
  const seenClient = new Map<string, number>()
  const seenServer = new Map<string, number>()
  for (let round = 0; round < 500; round++) {
    const client = anyClientMessage(random)
    seenClient.set(client.type, encodeClientMessage(client)[0] ?? -1)
    const server = anyServerMessage(random)
    seenServer.set(server.type, encodeServerMessage(server)[0] ?? -1)
  }
  expect(clients.map((type) => seenClient.get(type))).toEqual([1, 2, 3, 4, 5, 6, 7])
  expect(servers.map((type) => seenServer.get(type))).toEqual([16, 17, 18, 19, 20, 21, 22, 23, 2, 6, 24, 25])
})

test("P2 bytes that are no message are refused as corrupt, cut short, followed by more, or changed at random", () => {
  const random = seededRandom()
  for (let round = 0; round < 3000; round++) {
    for (const [encoded, decode] of [
      [encodeClientMessage(anyClientMessage(random)), decodeClientMessage],
      [encodeServerMessage(anyServerMessage(random)), decodeServerMessage],
    ] as const) {
      expect(() => decode(new Uint8Array([...encoded, random.int(256)]))).toThrow(corrupt)
      expect(() => decode(encoded.subarray(0, encoded.length - 1))).toThrow(corrupt)
      const changed = Uint8Array.from(encoded)
      changed[random.int(changed.length)] = random.int(256)
      try {
        decode(changed)
      } catch (thrown) {
        expect(thrown).toEqual(corrupt)
      }
    }
  }
  for (const decode of [decodeClientMessage, decodeServerMessage]) {
    expect(() => decode(new Uint8Array())).toThrow(corrupt)
    expect(() => decode(new Uint8Array([99]))).toThrow(corrupt)
  }
})

test("P2 a mode and a retry that do not exist are refused as corrupt", () => {
  const open = { type: "open", channel: 1, workspace: "w", mode: "log", generation: 0, afterSeq: 0 } as const
  const encoded = encodeClientMessage(open)
  encoded[encoded.indexOf(1, 4)] = 7
  expect(() => decodeClientMessage(encoded)).toThrow(corrupt)
  const error = encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, 23)
    encoding.writeVarUint(encoder, 1)
    encoding.writeVarString(encoder, "storage")
    encoding.writeVarUint(encoder, 9)
    encoding.writeVarString(encoder, "?")
  })
  expect(() => decodeServerMessage(error)).toThrow(corrupt)
})

test("P3 an error kind of a later version is one that nobody retries", () => {
  const later = encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, 23)
    encoding.writeVarUint(encoder, 1)
    encoding.writeVarString(encoder, "quota-of-the-future")
    encoding.writeVarUint(encoder, 1)
    encoding.writeVarString(encoder, "soon")
  })
  expect(decodeServerMessage(later)).toMatchObject({ type: "error", kind: "bug", message: "soon" })
})

test("P60 a token renewed on the socket and its answer have the tags 7 and 24, values as written", () => {
  const auth = encodeClientMessage({ type: "auth", token: "a.b.c" })
  expect([...auth]).toEqual([7, 5, ...new TextEncoder().encode("a.b.c")])
  const permission = { type: "permission", channel: 3, permission: "write", expiresAtMs: 300 } as const
  expect([...encodeServerMessage(permission)]).toEqual([24, 3, 1, 0xac, 2])
  expect(decodeServerMessage(new Uint8Array([24, 0, 0, 0]))).toEqual({
    type: "permission",
    channel: 0,
    permission: "read",
    expiresAtMs: 0,
  })
})
