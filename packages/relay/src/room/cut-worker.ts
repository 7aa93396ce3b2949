import { parentPort, workerData } from "node:worker_threads"
import { cutUpdate } from "./cut-update.ts"
import type { CutTask } from "./cut-in-worker.ts"

/** The thread of one cut. */
const { update, maxBytes } = workerData as CutTask
const pieces = cutUpdate(update, maxBytes).map((piece) => piece.slice())
parentPort?.postMessage(
  pieces,
  pieces.map(({ buffer }) => buffer),
)
