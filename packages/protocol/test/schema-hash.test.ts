import { createHash } from "node:crypto"
import { errorKinds } from "@millrace/ports"
import { expect, test } from "vitest"
import {
  type ClientMessage,
  closeCodeOf,
  encodeClientMessage,
  encodeServerMessage,
  firstFreeClientId,
  frameTypes,
  protocolName,
  protocolVersion,
  roles,
  type ServerMessage,
  syncSteps,
} from "../src/index.ts"

const bytes = Uint8Array.of(1, 2, 3)
const channel = 300
const generation = 2
const seq = 70_000

// Total by their types: a message that is added must be added here.
const clientMessages: { readonly [T in ClientMessage["type"]]: readonly Extract<ClientMessage, { type: T }>[] } = {
  open: [
    { type: "open", channel, workspace: "w@2", mode: "sync", generation, afterSeq: seq },
    { type: "open", channel, workspace: "w", mode: "log", generation: 0, afterSeq: 0 },
  ],
  data: [{ type: "data", channel, payload: bytes }],
  close: [{ type: "close", channel }],
  feed: [{ type: "feed" }],
  ping: [{ type: "ping", nonce: 7 }],
  auth: [{ type: "auth", token: "a.b.c" }],
  part: [
    { type: "part", last: false, bytes },
    { type: "part", last: true, bytes },
  ],
}

const serverMessages: { readonly [T in ServerMessage["type"]]: readonly Extract<ServerMessage, { type: T }>[] } = {
  hello: [{ type: "hello", version: 1, subject: "s", maxMessageBytes: 9, maxPartBytes: 8, pingMs: 15_000 }],
  opened: [
    { type: "opened", channel, workspace: "w", generation, permission: "write", seq },
    { type: "opened", channel, workspace: "w", generation, permission: "read", seq },
  ],
  data: [{ type: "data", channel, payload: bytes }],
  durable: [{ type: "durable", channel, received: 5, sent: 6, seq }],
  entry: [{ type: "entry", channel, seq, generation, author: "a", timeMs: 2 ** 41, update: bytes }],
  snapshot: [
    {
      type: "snapshot",
      channel,
      seq,
      holdsSeq: seq + 1,
      generation,
      author: "a",
      timeMs: 2 ** 41,
      totalBytes: 3,
      last: true,
      piece: bytes,
    },
  ],
  progress: [{ type: "progress", channel, doneBytes: 131_072, totalBytes: 20_000_000 }],
  caughtUp: [{ type: "caughtUp", channel, seq }],
  feed: [{ type: "feed", workspace: "w", generation, seq }],
  pong: [{ type: "pong", nonce: 7 }],
  error: [
    { type: "error", channel, kind: "forbidden", retry: "never", message: "m" },
    { type: "error", channel, kind: "forbidden", retry: "now", message: "m" },
    { type: "error", channel, kind: "forbidden", retry: { afterMs: 1500 }, message: "m" },
  ],
  permission: [{ type: "permission", channel, permission: "read", expiresAtMs: 2 ** 41 }],
  part: [
    { type: "part", last: false, bytes },
    { type: "part", last: true, bytes },
  ],
}

test("P200 the wire of a protocol version is pinned by its hash: messages, error kinds, close codes, roles, frames", () => {
  const hash = createHash("sha256")
  for (const message of Object.values(clientMessages).flat()) hash.update(encodeClientMessage(message))
  for (const message of Object.values(serverMessages).flat()) hash.update(encodeServerMessage(message))
  hash.update(JSON.stringify([errorKinds.map((kind) => [kind, closeCodeOf(kind)]), roles, frameTypes, syncSteps]))
  hash.update(String(firstFreeClientId))
  // What was given to others is never changed: a new wire is a new version, with a line of its own here.
  expect({ name: protocolName, version: protocolVersion, hash: hash.digest("hex") }).toEqual({
    name: "millrace.v1",
    version: 1,
    hash: "9c7a43a28ada6f77c665b55d2b9327338fb7d97f03e604c3929e32e20d9ab659",
  })
})
