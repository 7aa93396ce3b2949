import { MillraceError } from "@millrace/ports"
import { openWorkspace, type Workspace } from "@millrace/client/node"
import { type PlatformSchema, platformSchema } from "@millrace/workspace"
import type { Io } from "../io.ts"

export interface Connection {
  readonly url: string
  readonly workspace: string
  readonly token: () => Promise<string> | string
}

const patienceMs = 60_000

/**
 * Opens the workspace, waits until it holds what the relay holds, runs `work`, and closes it.
 *
 * Rejects with the relay's own refusal, or kind `timeout` when it does not answer within a minute.
 */
export async function withWorkspace<T>(
  connection: Connection,
  io: Io,
  work: (workspace: Workspace<PlatformSchema>) => Promise<T>,
): Promise<T> {
  const workspace = openWorkspace({
    name: connection.workspace,
    schema: platformSchema,
    url: connection.url,
    token: connection.token,
    clock: io.clock,
    random: io.random,
  })
  try {
    await caughtUp(workspace, connection, io)
    return await work(workspace)
  } finally {
    await workspace.close()
  }
}

function caughtUp(workspace: Workspace<PlatformSchema>, connection: Connection, io: Io): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = io.clock.after(patienceMs, () =>
      finish(
        new MillraceError(
          `${connection.url} did not send workspace ${connection.workspace} within a minute; is it up?`,
          {
            kind: "timeout",
          },
        ),
      ),
    )
    const forget = workspace.onStatus(look)
    let finished = false
    function finish(error?: MillraceError): void {
      if (finished) return
      finished = true
      timer.cancel()
      queueMicrotask(() => forget())
      if (error === undefined) resolve()
      else reject(error)
    }
    function look(): void {
      const { status } = workspace
      if (status.caughtUp) finish()
      else if (status.connection === "refused") finish(status.lastError ?? undefined)
    }
    look()
  })
}
