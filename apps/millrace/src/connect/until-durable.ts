import type { Workspace } from "@millrace/client/node"
import { MillraceError } from "@millrace/ports"
import type { PlatformSchema } from "@millrace/workspace"
import type { Io } from "../io.ts"

const patienceMs = 120_000

/**
 * Resolves with the log's seq once nothing of this process waits for the relay's disk.
 *
 * Rejects with the relay's refusal, or kind `timeout` after two minutes; a token that may only read is refused at once.
 */
export function untilDurable(workspace: Workspace<PlatformSchema>, io: Io): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = io.clock.after(patienceMs, () => {
      forget()
      reject(new MillraceError("The relay has not confirmed the edits within two minutes.", { kind: "timeout" }))
    })
    const forget = workspace.onStatus(look)
    look()

    function look(): void {
      const { status } = workspace
      const refusal = refusalOf(workspace)
      if (status.waiting > 0 && refusal === undefined) return
      timer.cancel()
      queueMicrotask(() => forget())
      if (refusal === undefined) resolve(status.seq)
      else reject(refusal)
    }
  })
}

function refusalOf({ name, status }: Workspace<PlatformSchema>): MillraceError | undefined {
  if (status.waiting === 0) return undefined
  if (status.permission === "read") {
    return new MillraceError(`The token may only read workspace ${name}; use one with role write.`, {
      kind: "forbidden",
    })
  }
  return status.connection === "refused" ? status.lastError : undefined
}
