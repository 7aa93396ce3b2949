import { asMillraceError, MillraceError } from "@millrace/ports"
import { encodeServerMessage, type WorkspaceRef } from "@millrace/protocol"
import { toMessages } from "../room/frame.ts"
import { readTrimmed } from "../compact/read-trimmed.ts"
import { streamOf } from "../room/stream-name.ts"
import type { Session } from "./session.ts"
import type { Channel, ChannelOptions } from "./sync-channel.ts"

/** Bytes that may wait for a follower before the log is read further. */
const maxAheadBytes = 1_048_576

/**
 * Sends the durable log after `afterSeq`, then `caughtUp`, then every entry as it becomes durable. Where entries after `afterSeq` were
 * trimmed it sends the snapshot in their place.
 *
 * It reads the store and nothing else, no faster than the socket takes it, so what it says has been flushed and what waits
 * is bounded.
 */
export function openLogChannel(
  session: Session,
  options: ChannelOptions,
  ref: WorkspaceRef,
  afterSeq: number,
): Channel {
  const { channel, connection } = options
  const stream = streamOf(ref)
  const leave = session.guard.enterWorkspace(ref.name)
  const unfollow = session.followers.add(ref.name, (error) => options.fail(error))
  const state = { open: true }
  let wake: (() => void) | undefined
  let news = false
  const unwatch = session.store.watch(stream, (head) => {
    if (head.stream !== stream) return
    news = true
    wake?.()
  })

  /** What was trimmed counts as sent up to where the entries begin, though the snapshot may hold more: those follow all the same. */
  const sendSnapshot = async (): Promise<number> => {
    const snapshot = await readTrimmed(session.store, stream)
    const { seq, holdsSeq, generation, author, timeMs, update } = snapshot
    const { maxPartBytes } = session.limits
    for (let at = 0; state.open && (at === 0 || at < update.length); at += maxPartBytes) {
      const piece = update.subarray(at, at + maxPartBytes)
      const last = at + maxPartBytes >= update.length
      const totalBytes = update.length
      const head = { type: "snapshot", channel, seq, holdsSeq, generation, author, timeMs } as const
      await sendPaced(encodeServerMessage({ ...head, totalBytes, last, piece }))
    }
    return seq
  }

  /** Pieces and entries pace themselves, so they never count as a slow consumer's backlog. */
  const sendPaced = async (bytes: Uint8Array): Promise<void> => {
    if (connection.bufferedBytes > maxAheadBytes) await connection.sendAndDrain(bytes)
    else connection.send(bytes)
  }

  const sendEntries = async (from: number): Promise<number> => {
    let last = from
    for (;;) {
      try {
        return await sendEntriesAfter(last, (seq) => (last = seq))
      } catch (thrown) {
        if (!(thrown instanceof MillraceError && thrown.kind === "not-found")) throw thrown
        last = await sendSnapshot()
      }
    }
  }

  const sendEntriesAfter = async (from: number, sent: (seq: number) => void): Promise<number> => {
    let last = from
    for await (const entry of session.store.read(stream, from)) {
      if (!state.open) break
      const { seq, generation, author, timeMs, payload: update } = entry
      const message = encodeServerMessage({ type: "entry", channel, seq, generation, author, timeMs, update })
      for (const bytes of toMessages(message, session.limits.maxPartBytes)) {
        await sendPaced(bytes)
      }
      last = seq
      sent(seq)
    }
    return last
  }

  const follow = async (): Promise<void> => {
    let last = await sendEntries(afterSeq)
    if (state.open) connection.send(encodeServerMessage({ type: "caughtUp", channel, seq: last }))
    while (state.open) {
      if (!news) await new Promise<void>((resolve) => (wake = resolve))
      wake = undefined
      news = false
      if (state.open) last = await sendEntries(last)
    }
  }

  follow().catch((cause: unknown) => {
    if (state.open) options.fail(asMillraceError(cause, "storage", { afterMs: 5000 }))
  })

  return {
    receive: () => {
      throw new MillraceError("A channel in mode log takes no data; open one in mode sync.", { kind: "invalid" })
    },
    // Whoever may open the channel may read, and nothing else is done here.
    regrant: () => {},
    close: () => {
      if (!state.open) return
      state.open = false
      leave()
      unfollow()
      unwatch()
      wake?.()
    },
  }
}

/** Throws kind `conflict` where a follower has seen more than there is: this is not the log that it followed. */
export function checkPosition(ref: WorkspaceRef, afterSeq: number, seq: number): void {
  if (afterSeq <= seq) return
  throw new MillraceError(
    `The log of ${ref.name} ends at ${seq}, before ${afterSeq}; it was lost or replaced: follow it anew from 0.`,
    { kind: "conflict" },
  )
}
