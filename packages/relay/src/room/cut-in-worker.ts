import { Worker } from "node:worker_threads"
import { cutUpdate } from "./cut-update.ts"

export interface CutTask {
  readonly update: Uint8Array
  readonly maxBytes: number
}

/** From here on the event loop would be held for too long. */
const workerBytes = 524_288
const maxMemoryMb = 4096

/** As `cutUpdate`, a large update in a thread of its own. One that the thread cannot cut is left whole; never rejects. */
export function cutAside(update: Uint8Array, maxBytes: number): Promise<readonly Uint8Array[]> | readonly Uint8Array[] {
  if (update.length <= workerBytes) return cutUpdate(update, maxBytes)
  return new Promise((resolve) => {
    const isSource = import.meta.url.endsWith(".ts")
    const task: CutTask = { update, maxBytes }
    const worker = new Worker(new URL(isSource ? "./cut-worker.ts" : "./cut-worker.js", import.meta.url), {
      workerData: task,
      resourceLimits: { maxOldGenerationSizeMb: maxMemoryMb },
      execArgv: isSource ? ["--conditions=source"] : [],
      env: {},
    })
    worker.unref()
    const whole = (): void => resolve([update])
    worker.on("message", (pieces: readonly Uint8Array[]) => resolve(pieces))
    worker.on("error", whole)
    worker.on("exit", whole)
  })
}
