import { isResolution } from "@millrace/model"
import { type Log, messageOf, MillraceError } from "@millrace/ports"
import type { DocumentWriter } from "../two-way/document-writer.ts"
import type { Operations } from "./operations.ts"

export interface Answers {
  readonly workspace: string
  /** What stands in `$resolutions`, by conflict. */
  readonly answers: ReadonlyMap<string, unknown>
  readonly operations: Operations
  readonly writer: DocumentWriter | undefined
  readonly log: Log
}

/** Carries out what people answered in the document, and takes the answers off it. */
export async function takeAnswers({ workspace, answers, operations, writer, log }: Answers): Promise<void> {
  for (const [conflict, given] of answers) {
    try {
      if (isResolution(given)) await operations.resolve({ workspace, conflict, ...given })
    } catch (thrown) {
      log.info("answer not taken", { workspace, conflict, detail: messageOf(thrown) })
      if (thrown instanceof MillraceError && thrown.retry !== "never") return
    }
  }
  // One that was not taken goes too: its author sees the conflict with its present values.
  try {
    await writer?.forget([...answers.keys()])
  } catch (thrown) {
    log.warn("answers not removed", { workspace, detail: messageOf(thrown) })
  }
}
