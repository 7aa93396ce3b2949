import { Worker } from "node:worker_threads"
import { MillraceError } from "@millrace/ports"
import { NotCompactable } from "./compact-updates.ts"
import type { FromWorker, ToWorker } from "./worker-messages.ts"

/** Bytes of updates in one message to the worker. */
const batchBytes = 1_048_576
const maxBatchUpdates = 4096

export interface InWorkerOptions {
  /** Heap of the worker; one that needs more is ended. */
  readonly maxMemoryMb: number
  readonly signal: AbortSignal
}

/**
 * Compacts a log's updates in a thread of its own and resolves with the snapshot's payload. At most a batch of them is held here.
 *
 * Rejects with `NotCompactable` where the log does not compact or the heap was too small, with kind `closed` when aborted.
 */
export async function compactInWorker(
  updates: AsyncIterable<Uint8Array>,
  { maxMemoryMb, signal }: InWorkerOptions,
): Promise<Uint8Array> {
  signal.throwIfAborted()
  const thread = new Thread(maxMemoryMb)
  const stop = (): void =>
    thread.stop(new MillraceError("The relay closes; it will be compacted later.", { kind: "closed" }))
  signal.addEventListener("abort", stop)
  try {
    let batch: Uint8Array[] = []
    let bytes = 0
    for await (const update of updates) {
      if (batch.length > 0 && (bytes + update.length > batchBytes || batch.length >= maxBatchUpdates)) {
        await thread.send(batch, bytes)
        batch = []
        bytes = 0
      }
      batch.push(update)
      bytes += update.length
    }
    await thread.send(batch, bytes)
    return await thread.finish()
  } finally {
    signal.removeEventListener("abort", stop)
    await thread.end()
  }
}

class Thread {
  readonly #worker: Worker
  #failure: unknown
  #waiting: { resolve(message: FromWorker): void; reject(error: unknown): void } | undefined

  constructor(maxMemoryMb: number) {
    const isSource = import.meta.url.endsWith(".ts")
    this.#worker = new Worker(new URL(isSource ? "./compact-worker.ts" : "./compact-worker.js", import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: maxMemoryMb, maxYoungGenerationSizeMb: 32 },
      // Packages of this repository are read as sources where this file is.
      execArgv: isSource ? ["--conditions=source"] : [],
      env: {},
    })
    this.#worker.on("message", (message: FromWorker) => {
      this.#waiting?.resolve(message)
      this.#waiting = undefined
    })
    this.#worker.on("error", (cause: Error & { readonly code?: string }) => {
      const isMemory = cause.code === "ERR_WORKER_OUT_OF_MEMORY"
      this.stop(isMemory ? new NotCompactable(`it needs more than ${maxMemoryMb} MB of memory`, { cause }) : cause)
    })
    this.#worker.on("exit", (code) => this.stop(new Error(`the thread ended with ${code}`)))
  }

  async send(updates: readonly Uint8Array[], bytes: number): Promise<void> {
    const all = new Uint8Array(bytes)
    let at = 0
    for (const update of updates) {
      all.set(update, at)
      at += update.length
    }
    const answer = await this.#ask({ type: "updates", bytes: all, lengths: updates.map(({ length }) => length) }, all)
    if (answer.type === "refused") throw new NotCompactable(answer.reason)
  }

  async finish(): Promise<Uint8Array> {
    const answer = await this.#ask({ type: "end" })
    if (answer.type === "done") return answer.payload
    throw new NotCompactable(answer.type === "refused" ? answer.reason : "the thread gave no answer")
  }

  /** Whoever waits for an answer, now or later, gets the error. */
  stop(error: unknown): void {
    this.#failure ??= error
    this.#waiting?.reject(this.#failure)
    this.#waiting = undefined
  }

  async end(): Promise<void> {
    this.#failure ??= new Error("the thread was ended")
    await this.#worker.terminate()
  }

  #ask(message: ToWorker, moved?: Uint8Array<ArrayBuffer>): Promise<FromWorker> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure)
      this.#waiting = { resolve, reject }
      this.#worker.postMessage(message, moved === undefined ? [] : [moved.buffer])
    })
  }
}
