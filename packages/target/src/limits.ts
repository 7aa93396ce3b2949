import { Buffer } from "node:buffer"
import type { Change } from "./change.ts"

/** Bytes of `before` and `after` together, as `Limits.maxBatchBytes` counts them. */
export function changeBytes(change: Change): number {
  return byteLength(change.before) + byteLength(change.after)
}

function byteLength(text: string | null): number {
  return text === null ? 0 : Buffer.byteLength(text, "utf8")
}
