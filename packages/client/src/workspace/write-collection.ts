import type { Collection, Patch } from "@millrace/model"
import type { WorkspaceCollection, WriteHandle } from "../api.ts"
import { keyOf } from "../status/record-key.ts"
import type { Writes } from "./writes.ts"

/** A collection of the model whose writes answer with handles. */
export class WriteCollection<R, I> implements WorkspaceCollection<R, I> {
  readonly #collection: Collection<R, I>
  readonly #writes: Writes

  constructor(collection: Collection<R, I>, writes: Writes) {
    this.#collection = collection
    this.#writes = writes
  }

  put(id: string, record: I): WriteHandle {
    return this.#write(id, () => this.#collection.put(id, record))
  }

  update(id: string, patch: Patch<I>): WriteHandle {
    return this.#write(id, () => this.#collection.update(id, patch))
  }

  removeField(id: string, field: string & keyof I): WriteHandle {
    return this.#write(id, () => this.#collection.removeField(id, field))
  }

  delete(id: string): WriteHandle {
    return this.#write(id, () => this.#collection.delete(id))
  }

  get(id: string): R | undefined {
    return this.#collection.get(id)
  }

  has(id: string): boolean {
    return this.#collection.has(id)
  }

  ids(): Iterable<string> {
    return this.#collection.ids()
  }

  all(): ReadonlyMap<string, R> {
    return this.#collection.all()
  }

  get size(): number {
    return this.#collection.size
  }

  #write(id: string, write: () => void): WriteHandle {
    return this.#writes.run(write, keyOf(this.#collection.name, id))
  }
}
