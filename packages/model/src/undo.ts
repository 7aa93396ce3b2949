import { UndoManager, type Doc } from "yjs"
import { Listeners } from "./listeners.ts"
import { localOrigin } from "./origin.ts"
import { firstSeedClientId } from "./seed-client.ts"

export interface UndoOptions {
  /** Origins whose transactions are one's own, beside plain writes: an editor's binding, a `transact` with an origin. */
  readonly origins?: readonly unknown[]
  /** Writes that follow each other within this time are one step; 0 makes each transaction its own. */
  readonly mergeWithinMs?: number
}

/**
 * Undo and redo of one's own writes, records and texts alike.
 *
 * What others wrote stays: an undone edit that somebody has overwritten since leaves theirs in force, and a record
 * whose delete is undone comes back with what others did to it meanwhile. Merges must be applied with an origin, as
 * `Y.applyUpdate(doc, update, origin)`, and never with one of these.
 */
export class Undo {
  readonly #manager: UndoManager
  readonly #changes = new Listeners<void>()
  readonly #onDestroy: () => void

  /** @internal Use `Records.undo`. */
  constructor(
    doc: Doc,
    roots: Iterable<object>,
    { origins = [], mergeWithinMs = 500 }: UndoOptions,
    onDestroy: () => void,
  ) {
    this.#onDestroy = onDestroy
    this.#manager = new UndoManager([...roots] as ConstructorParameters<typeof UndoManager>[0], {
      doc,
      trackedOrigins: new Set([localOrigin, ...origins]),
      captureTimeout: mergeWithinMs,
      // A text's beginning is everybody's: it is made alike at every replica, and once deleted could not be made again.
      deleteFilter: (item) => item.id.client < firstSeedClientId,
    })
    // Nor is it part of a step: what a step deleted of it, undo must bring back.
    const forgetSeeds = ({
      stackItem,
    }: {
      readonly stackItem: { readonly insertions: { readonly clients: Map<number, unknown> } }
    }): void => {
      const { clients } = stackItem.insertions
      for (const client of clients.keys()) if (client >= firstSeedClientId) clients.delete(client)
    }
    this.#manager.on("stack-item-added", forgetSeeds)
    this.#manager.on("stack-item-updated", forgetSeeds)
    const tell = (): void => {
      const [error] = this.#changes.emit()
      if (error !== undefined) throw error
    }
    this.#manager.on("stack-item-added", tell)
    this.#manager.on("stack-item-popped", tell)
    this.#manager.on("stack-cleared", tell)
  }

  get canUndo(): boolean {
    return this.#manager.canUndo()
  }

  get canRedo(): boolean {
    return this.#manager.canRedo()
  }

  /** Takes back the last step. Returns whether there was one that could be. */
  undo(): boolean {
    return this.#manager.undo() !== null
  }

  /** Does the last undone step again. */
  redo(): boolean {
    return this.#manager.redo() !== null
  }

  /** The next write begins a step of its own. */
  endStep(): void {
    this.#manager.stopCapturing()
  }

  clear(): void {
    this.#manager.clear()
  }

  /** Called whenever `canUndo` or `canRedo` may have changed. Returns the function that ends it. */
  onChange(listener: () => void): () => void {
    return this.#changes.add(listener)
  }

  /** @internal A collection that came into being. */
  include(root: object): void {
    this.#manager.addToScope([root] as Parameters<UndoManager["addToScope"]>[0])
  }

  /** Forgets every step and follows no longer; idempotent. */
  destroy(): void {
    this.#changes.clear()
    this.#manager.destroy()
    this.#onDestroy()
  }
}
