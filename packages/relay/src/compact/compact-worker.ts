import { parentPort } from "node:worker_threads"
import { messageOf } from "@millrace/ports"
import { Compaction } from "./compact-updates.ts"
import type { FromWorker, ToWorker } from "./worker-messages.ts"

/** The thread of one compaction: lives as long as that. */
const compaction = new Compaction()
parentPort?.on("message", (message: ToWorker) => {
  try {
    if (message.type === "updates") {
      compaction.add(cut(message.bytes, message.lengths))
      return answer({ type: "took" })
    }
    const payload = compaction.finish()
    answer({ type: "done", payload }, [payload.buffer])
  } catch (thrown) {
    answer({ type: "refused", reason: messageOf(thrown) })
  }
})

function answer(message: FromWorker, moved: readonly ArrayBufferLike[] = []): void {
  parentPort?.postMessage(message, moved as ArrayBuffer[])
}

function cut(bytes: Uint8Array, lengths: readonly number[]): readonly Uint8Array[] {
  let at = 0
  return lengths.map((length) => {
    at += length
    return bytes.subarray(at - length, at)
  })
}
