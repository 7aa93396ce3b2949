import {
  DocStore,
  type LoadReport,
  statusDatabaseName,
  type StatusSnapshot,
  StatusStore,
  type StorageFault,
  type StoredKeys,
  updatesDatabaseName,
} from "@millrace/indexeddb"
import type { Clock, Random } from "@millrace/ports"
import type { Doc } from "yjs"

export interface LocalCopyOptions {
  readonly indexedDB: IDBFactory
  /** As in the URL, without `~status`. */
  readonly workspace: string
  readonly statusWorkspace: string
  readonly doc: Doc
  readonly statusDoc: Doc
  readonly clock: Clock
  readonly random: Random
  readonly onFault: (fault: StorageFault) => void
  readonly onStored: (stored: StoredKeys) => void
}

/** What the browser keeps of a workspace: both documents and `$status`. */
export class LocalCopy {
  readonly updates: DocStore
  readonly statusUpdates: DocStore
  readonly status: StatusStore

  constructor(options: LocalCopyOptions) {
    const { indexedDB, clock, random, onFault, onStored } = options
    const ports = { indexedDB, clock, random, onFault }
    this.updates = new DocStore({ ...ports, onStored, name: updatesDatabaseName(options.workspace), doc: options.doc })
    this.statusUpdates = new DocStore({
      ...ports,
      name: updatesDatabaseName(options.statusWorkspace),
      doc: options.statusDoc,
    })
    this.status = new StatusStore({ indexedDB, onFault, name: statusDatabaseName(options.workspace) })
  }

  /** Undefined where it cannot be read: then nothing is known of any record. */
  async readStatus(onFault: (thrown: unknown) => void): Promise<StatusSnapshot | undefined> {
    try {
      return await this.status.load()
    } catch (thrown) {
      onFault(thrown)
      return undefined
    }
  }

  /**
   * Applies the stored rows; those that `$status` does not reflect come with an origin of their own, those that the mirror does not
   * reflect after `onMirrorBoundary`.
   */
  async load(snapshot: StatusSnapshot | undefined, onMirrorBoundary?: () => void): Promise<LoadReport> {
    const position = snapshot?.position
    const mirror = snapshot?.mirror
    return await this.updates.load(
      position && { incarnation: position.incarnation, keys: position.reflected },
      mirror &&
        onMirrorBoundary && { incarnation: mirror.incarnation, keys: mirror.reflected, onReached: onMirrorBoundary },
    )
  }

  /** As a page is told: what refuses, or was let go, keeps nothing. */
  get state(): "opening" | "open" | "failed" {
    const { state } = this.updates
    return state === "closed" ? "failed" : state
  }

  isKnown(origin: unknown): boolean {
    return this.updates.isReflectedOrigin(origin)
  }

  async close(): Promise<void> {
    await Promise.all([this.updates.close(), this.statusUpdates.close()])
    this.status.close()
  }
}
