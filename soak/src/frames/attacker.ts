import { once } from "node:events"
import { encodeClientMessage, frameTypes, protocolName, syncSteps } from "@millrace/protocol"
import type { SeededRandom } from "@millrace/testkit"
import * as encoding from "lib0/encoding"
import { WebSocket } from "ws"
import { mutate } from "./mutate.ts"
import type { Recording } from "./record.ts"
import { freshUpdates } from "./updates.ts"

export interface AttackerOptions {
  /** Origin of the relay. */
  readonly url: string
  readonly workspace: string
  readonly token: string
  readonly recording: Recording
  readonly random: SeededRandom
}

export interface AttackCounts {
  /** Frames that the relay has handled: it answered a ping behind each, or ended the connection over it. */
  handled: number
  /** Of these, those over which it ended the connection. */
  refused: number
  connections: number
}

const channel = 1
const answerDeadlineMs = 30_000

/** Sends wrong frames, over one connection after another, until `mayGoOn` says no. */
export async function attack(options: AttackerOptions, mayGoOn: () => boolean, counts: AttackCounts): Promise<void> {
  while (mayGoOn()) await attackOnce(options, mayGoOn, counts)
}

async function attackOnce(options: AttackerOptions, mayGoOn: () => boolean, counts: AttackCounts): Promise<void> {
  const { random } = options
  const ours = random.chance(0.5)
  const socket = await connect(options, ours)
  counts.connections += 1
  const source = frames(options, ours)
  try {
    for (let count = 1 + random.int(20); count > 0 && mayGoOn(); count--) {
      socket.send(source())
      counts.handled += 1
      if (await answers(socket)) continue
      counts.refused += 1
      return
    }
  } finally {
    socket.terminate()
  }
}

async function connect({ url, workspace, token }: AttackerOptions, ours: boolean): Promise<WebSocket> {
  const origin = url.replace("http", "ws")
  const socket = ours
    ? new WebSocket(`${origin}/sync`, [protocolName, token])
    : new WebSocket(`${origin}/sync/${workspace}?token=${token}`)
  socket.on("error", () => {})
  // What the relay has to say is of no interest, but it must be read.
  socket.on("message", () => {})
  const late = AbortSignal.timeout(answerDeadlineMs)
  await once(socket, "open", { signal: late })
  if (ours) {
    socket.send(encodeClientMessage({ type: "open", channel, workspace, mode: "sync", generation: 0, afterSeq: 0 }))
    // hello, then opened.
    for (let messages = 0; messages < 2; messages++) await once(socket, "message", { signal: late })
  }
  return socket
}

/** Whether the connection still lives once all that was sent has been handled. Throws when the relay says nothing at all. */
async function answers(socket: WebSocket): Promise<boolean> {
  if (socket.readyState !== WebSocket.OPEN) return false
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error("The relay neither answered nor ended a connection.")),
      answerDeadlineMs,
    )
    const settle = (alive: boolean) => (): void => {
      clearTimeout(late)
      socket.off("pong", onPong).off("close", onClose)
      resolve(alive)
    }
    const [onPong, onClose] = [settle(true), settle(false)]
    socket.on("pong", onPong).on("close", onClose)
    socket.ping()
  })
}

/** Frames as this connection's protocol has them: mutated ones, and now and then a good one, so that more is there to refer to. */
function frames({ recording, random }: AttackerOptions, ours: boolean): () => Uint8Array {
  let updates: readonly Uint8Array[] = []
  const nextUpdate = (): Uint8Array => {
    if (updates.length === 0) updates = freshUpdates(random)
    const [next = Uint8Array.of(0, 0), ...rest] = updates
    updates = rest
    return next
  }
  const stockFrame = (): Uint8Array => {
    const kind = random.float()
    if (kind < 0.35) return mutate(random.pick(recording.stock), random, recording.stock)
    if (kind < 0.75)
      return syncFrame(random.pick([syncSteps.update, syncSteps.step2]), mutate(nextUpdate(), random, updates))
    if (kind < 0.9) return syncFrame(syncSteps.update, nextUpdate())
    return syncFrame(syncSteps.step1, mutate(Uint8Array.of(1, 200, 1, 5), random, updates))
  }
  if (!ours) return stockFrame
  return () => {
    if (random.chance(0.3)) return mutate(random.pick(recording.ours), random, recording.ours)
    return encodeClientMessage({ type: "data", channel, payload: stockFrame() })
  }
}

function syncFrame(step: number, payload: Uint8Array): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, frameTypes.sync)
    encoding.writeVarUint(encoder, step)
    encoding.writeVarUint8Array(encoder, payload)
  })
}
