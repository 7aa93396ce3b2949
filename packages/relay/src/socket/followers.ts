import type { MillraceError } from "@millrace/ports"

/** Whoever follows workspaces without being in their rooms, to be told when a workspace is closed to all. */
export class Followers {
  readonly #ends = new Map<string, Set<(error: MillraceError) => void>>()

  /** `end` is called at most once; the returned function takes it back and is idempotent. */
  add(workspace: string, end: (error: MillraceError) => void): () => void {
    const ends = this.#ends.get(workspace) ?? new Set()
    this.#ends.set(workspace, ends)
    ends.add(end)
    return () => {
      ends.delete(end)
      if (ends.size === 0 && this.#ends.get(workspace) === ends) this.#ends.delete(workspace)
    }
  }

  dismiss(workspace: string, error: MillraceError): void {
    const ends = this.#ends.get(workspace)
    this.#ends.delete(workspace)
    for (const end of ends ?? []) end(error)
  }
}
