import { hash } from "node:crypto"
import type { EditRef } from "@millrace/ports"

export interface EditIds {
  /** 32 lower-case hex digits. */
  readonly traceId: string
  /** 16 lower-case hex digits: the step that all others hang below. */
  readonly rootSpanId: string
}

/**
 * Identity of an edit's trace: SHA-256 of the JSON array [workspace, generation, seq], its first 16 bytes the trace, the next 8
 * the root span.
 *
 * Whoever knows an entry's place in the log names the same trace, so no context travels through logs and journals, and
 * a process that was killed and started again goes on in the trace that it was in.
 */
export function editIds({ workspace, generation, seq }: EditRef): EditIds {
  const digest = hash("sha256", JSON.stringify([workspace, generation, seq]))
  return { traceId: digest.slice(0, 32), rootSpanId: digest.slice(32, 48) }
}
