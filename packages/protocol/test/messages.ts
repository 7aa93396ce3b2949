import { errorKinds, type Retry } from "@millrace/ports"
import type { SeededRandom } from "@millrace/testkit"
import type { ClientMessage, ServerMessage } from "../src/index.ts"

const numbers = [0, 1, 127, 128, 16_383, 65_536, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER]
const texts = ["", "w", "äöü 日本 👩‍🚀", "x".repeat(300), "w~status@2", "\u0000"]

function number(random: SeededRandom): number {
  return random.chance(0.5) ? random.pick(numbers) : random.int(1000)
}

function bytes(random: SeededRandom): Uint8Array {
  return random.bytes(random.pick([0, 1, 5, 127, 128, 300]))
}

function retry(random: SeededRandom): Retry {
  return random.pick<Retry>(["never", "now", { afterMs: number(random) }])
}

/** A message of any type with any values, as a client may send it. */
export function anyClientMessage(random: SeededRandom): ClientMessage {
  const channel = number(random)
  return random.pick<ClientMessage>([
    {
      type: "open",
      channel,
      workspace: random.pick(texts),
      mode: random.pick(["sync", "log"]),
      generation: number(random),
      afterSeq: number(random),
    },
    { type: "data", channel, payload: bytes(random) },
    { type: "close", channel },
    { type: "feed" },
    { type: "ping", nonce: number(random) },
    { type: "auth", token: random.pick(texts) },
    { type: "part", last: random.chance(0.5), bytes: bytes(random) },
  ])
}

/** A message of any type with any values, as a relay may send it. */
export function anyServerMessage(random: SeededRandom): ServerMessage {
  const channel = number(random)
  const seq = number(random)
  const generation = number(random)
  return random.pick<ServerMessage>([
    {
      type: "hello",
      version: 1,
      subject: random.pick(texts),
      maxMessageBytes: number(random),
      maxPartBytes: number(random),
      pingMs: number(random),
    },
    {
      type: "opened",
      channel,
      workspace: random.pick(texts),
      generation,
      permission: random.pick(["read", "write"]),
      seq,
    },
    { type: "data", channel, payload: bytes(random) },
    { type: "durable", channel, received: number(random), sent: number(random), seq },
    {
      type: "entry",
      channel,
      seq,
      generation,
      author: random.pick(texts),
      timeMs: number(random),
      update: bytes(random),
    },
    {
      type: "snapshot",
      channel,
      seq,
      holdsSeq: number(random),
      generation,
      author: random.pick(texts),
      timeMs: number(random),
      totalBytes: number(random),
      last: random.chance(0.5),
      piece: bytes(random),
    },
    { type: "caughtUp", channel, seq },
    { type: "progress", channel, doneBytes: number(random), totalBytes: number(random) },
    { type: "feed", workspace: random.pick(texts), generation, seq },
    { type: "pong", nonce: number(random) },
    { type: "error", channel, kind: random.pick(errorKinds), retry: retry(random), message: random.pick(texts) },
    { type: "permission", channel, permission: random.pick(["read", "write"]), expiresAtMs: number(random) },
    { type: "part", last: random.chance(0.5), bytes: bytes(random) },
  ])
}
