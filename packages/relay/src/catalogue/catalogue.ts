import { type Clock, MillraceError } from "@millrace/ports"
import { formatWorkspaceRef, type WorkspaceRef } from "@millrace/protocol"
import type { Store } from "@millrace/store"
import { decodeState, encodeState, untouched, type WorkspaceState } from "./workspace-state.ts"

/** The stream of every change to the state of a workspace: each entry is one workspace's whole state. */
export const catalogueStream = "catalogue/workspaces"

/** Which generation each workspace is in, and which are deleted. One entry is one change, so a crash leaves the old state or the new. */
export class Catalogue {
  readonly #store: Store
  readonly #clock: Clock
  readonly #states = new Map<string, WorkspaceState>()
  /** Workspaces whose state is being changed: nobody opens them meanwhile. */
  readonly #busy = new Set<string>()
  readonly #listeners = new Set<(state: WorkspaceState) => void>()
  #seq = 0
  #last: Promise<unknown> = Promise.resolve()

  private constructor(store: Store, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** Rejects with kind `corrupt` for an entry that does not decode. */
  static async open(store: Store, clock: Clock): Promise<Catalogue> {
    const catalogue = new Catalogue(store, clock)
    await catalogue.#readOn()
    return catalogue
  }

  stateOf(workspace: string): WorkspaceState {
    return this.#states.get(workspace) ?? untouched(workspace)
  }

  /** Every workspace whose state was ever changed. */
  states(): readonly WorkspaceState[] {
    return [...this.#states.values()]
  }

  /**
   * Passes where the workspace may be opened in the generation that the path names and that the copy at hand has (0 = no copy).
   *
   * Throws kind `unavailable` while its state changes, `not-found` where it is deleted, `generation` for another
   * generation. The status document is of its workspace's generation.
   */
  checkOpen(ref: WorkspaceRef, copyGeneration: number): void {
    const { generation, deleted, importing } = this.stateOf(ref.name)
    if (this.#busy.has(ref.name) || importing === true) {
      throw new MillraceError(`${ref.name} is being changed as a whole; try again in a moment.`, {
        kind: "unavailable",
        retry: { afterMs: 1000 },
      })
    }
    if (deleted !== undefined) throw deletedError(ref.name, deleted.timeMs)
    if (ref.generation === generation && (copyGeneration === 0 || copyGeneration === generation)) return
    throw generationError(ref.name, generation)
  }

  /** Called when a workspace is open again after `exclusively`; returns what ends it. */
  onChanged(listener: (state: WorkspaceState) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Whether the feed may speak of it. */
  isCurrent(ref: WorkspaceRef): boolean {
    const { generation, deleted, importing } = this.stateOf(ref.name)
    return ref.generation === generation && deleted === undefined && importing !== true && !this.#busy.has(ref.name)
  }

  /**
   * Runs `task` with the workspace closed to all and no other such task on it, then opens it again, in whatever state it then is.
   *
   * Rejects with kind `conflict` where another task is under way.
   */
  async exclusively<T>(workspace: string, task: () => Promise<T>): Promise<T> {
    if (this.#busy.has(workspace)) {
      throw new MillraceError(`${workspace} is being changed by another request; try again.`, {
        kind: "conflict",
        retry: { afterMs: 1000 },
      })
    }
    this.#busy.add(workspace)
    try {
      return await task()
    } finally {
      this.#busy.delete(workspace)
      for (const listener of this.#listeners) listener(this.stateOf(workspace))
    }
  }

  /** Durable when it resolves; after a failure the state is what the store says. Called within `exclusively`. */
  async set(state: WorkspaceState, author: string): Promise<void> {
    const write = this.#last.then(async () => {
      // An append whose outcome was unknown may have taken effect.
      await this.#readOn()
      const payload = encodeState(state)
      const entry = { payload, generation: state.generation, author, timeMs: this.#clock.nowMs() }
      this.#seq = await this.#store.append(catalogueStream, [entry], this.#seq)
      this.#states.set(state.workspace, state)
    })
    this.#last = write.catch(() => {})
    return write
  }

  async #readOn(): Promise<void> {
    for await (const { seq, payload } of this.#store.read(catalogueStream, this.#seq)) {
      const state = decodeState(payload)
      this.#states.set(state.workspace, state)
      this.#seq = seq
    }
  }
}

export function deletedError(workspace: string, timeMs: number): MillraceError {
  return new MillraceError(
    `${workspace} was deleted at ${new Date(timeMs).toISOString()}; its data is kept: ask an admin to restore it.`,
    { kind: "not-found" },
  )
}

export function generationError(workspace: string, generation: number): MillraceError {
  const current = formatWorkspaceRef({ name: workspace, status: false, generation })
  return new MillraceError(
    `${workspace} is in generation ${generation}: export this copy if it holds edits, then open ${current} with a new one.`,
    { kind: "generation" },
  )
}
