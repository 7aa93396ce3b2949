import type { MillraceError } from "@millrace/ports"
import type { WorkspaceStatus } from "../api.ts"

/** Who waits until a workspace is caught up; looked at whenever something about its link changes. */
export class CaughtUpWaits {
  readonly #looks = new Set<() => void>()
  readonly #status: () => WorkspaceStatus
  #ended: MillraceError | undefined

  constructor(status: () => WorkspaceStatus) {
    this.#status = status
  }

  /** Resolves when it is; rejects when it cannot be any more. */
  wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const { caughtUp, connection, lastError } = this.#status()
        const error = this.#ended ?? (connection === "refused" ? lastError : undefined)
        if (error !== undefined) reject(error)
        else if (caughtUp) resolve()
        else return
        this.#looks.delete(look)
      }
      this.#looks.add(look)
      look()
    })
  }

  look(): void {
    for (const look of this.#looks) look()
  }

  end(error: MillraceError): void {
    this.#ended = error
    this.look()
  }
}
