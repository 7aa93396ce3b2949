import type { Closable, FeedItem, LogEntry, RawDocument } from "@millrace/client/node"
import { MillraceError } from "@millrace/ports"
import * as Y from "yjs"
import type { RelayPort } from "../../src/relay-port.ts"

interface Follower {
  readonly take: () => void
}

/** A relay in memory: numbered logs, followers served one entry at a time, status documents merged at once. */
export class MemoryRelay {
  readonly #logs = new Map<string, LogEntry[]>()
  readonly #followers = new Map<string, Set<Follower>>()
  readonly #feeds = new Set<(item: FeedItem) => void>()
  readonly #compacted = new Map<string, LogEntry>()
  readonly #statuses = new Map<string, Y.Doc>()
  readonly #losing = new Set<string>()
  readonly #documents = new Set<(workspace: string, update: Uint8Array) => void>()

  log(workspace: string): readonly LogEntry[] {
    return this.#logs.get(workspace) ?? []
  }

  head(workspace: string): number {
    return this.log(workspace).at(-1)?.seq ?? 0
  }

  append(workspace: string, update: Uint8Array, author = "ann", timeMs = 1_000): number {
    const log = this.#logs.get(workspace) ?? []
    this.#logs.set(workspace, log)
    const seq = log.length + 1
    const [name, generation] = split(workspace)
    log.push({ seq, generation, author, timeMs: timeMs + seq, update })
    for (const { take } of this.#followers.get(workspace) ?? []) take()
    for (const tell of this.#feeds) tell({ workspace: name, generation, seq })
    for (const tell of this.#documents) tell(workspace, update)
    return seq
  }

  /** Puts an older copy of the log in place. */
  truncate(workspace: string, seq: number): void {
    this.#logs.set(workspace, this.log(workspace).slice(0, seq))
  }

  /** Keeps entries up to `seq` no more one by one; what stands for them holds all that is there by now. */
  compact(workspace: string, seq: number): void {
    const log = this.log(workspace)
    const last = log[seq - 1]
    if (last === undefined || seq <= (this.#compacted.get(workspace)?.seq ?? 0)) return
    const doc = new Y.Doc()
    for (const { update } of log) Y.applyUpdate(doc, update)
    this.#compacted.set(workspace, { ...last, update: Y.encodeStateAsUpdate(doc), holdsSeq: log.length })
  }

  status(workspace: string): Y.Doc {
    let doc = this.#statuses.get(workspace)
    if (doc === undefined) this.#statuses.set(workspace, (doc = new Y.Doc()))
    return doc
  }

  /** Until `restore`, what is written onto the workspace's document goes nowhere. */
  loseWrites(workspace: string): { restore: () => void } {
    this.#losing.add(workspace)
    return { restore: () => void this.#losing.delete(workspace) }
  }

  /** The relay as a projector sees it, while `isAlive`. */
  port(isAlive: () => boolean = () => true): RelayPort {
    return {
      feed: ({ onItem, onConnected }) => this.#feed(onItem, onConnected, isAlive),
      follow: (options) => this.#follow(options, isAlive),
      document: ({ workspace, doc }) =>
        workspace.includes("~") ? this.#document(workspace, doc, isAlive) : this.#live(workspace, doc, isAlive),
    }
  }

  #feed(onItem: (item: FeedItem) => void, onConnected: (() => void) | undefined, isAlive: () => boolean): Closable {
    const tell = (item: FeedItem): void => {
      if (isAlive()) onItem(item)
    }
    queueMicrotask(() => {
      onConnected?.()
      for (const [ref, log] of this.#logs) {
        const [workspace, generation] = split(ref)
        tell({ workspace, generation, seq: log.length })
      }
    })
    this.#feeds.add(tell)
    return { close: () => void this.#feeds.delete(tell) }
  }

  #follow(options: Parameters<RelayPort["follow"]>[0], isAlive: () => boolean): Closable {
    const { workspace, onEntry, onCaughtUp } = options
    let next = options.afterSeq
    let closed = false
    let caughtUpAt: number | undefined = this.head(workspace)
    let running: Promise<void> | undefined
    const active = (): boolean => !closed && isAlive()
    const run = async (): Promise<void> => {
      await Promise.resolve()
      while (active()) {
        const compacted = this.#compacted.get(workspace)
        const entry = next < (compacted?.seq ?? 0) ? compacted : this.log(workspace)[next]
        if (entry !== undefined && !(caughtUpAt !== undefined && next >= caughtUpAt)) {
          next = entry.seq
          await onEntry(entry)
          continue
        }
        if (caughtUpAt === undefined) return
        const seq = caughtUpAt
        caughtUpAt = undefined
        await onCaughtUp?.({ seq, generation: split(workspace)[1] })
      }
    }
    const take = (): void => {
      running ??= run().finally(() => {
        running = undefined
        if (active() && this.log(workspace).length > next) take()
      })
    }
    const follower = { take }
    const all = this.#followers.get(workspace) ?? new Set()
    this.#followers.set(workspace, all.add(follower))
    take()
    return {
      close: () => {
        closed = true
        all.delete(follower)
      },
    }
  }

  /** A workspace's own document: what is written there becomes entries of the log, at once. */
  #live(workspace: string, doc: Y.Doc, isAlive: () => boolean): RawDocument {
    let closed = false
    const up = (update: Uint8Array, origin: unknown): void => {
      if (origin === this || closed || !isAlive() || this.#losing.has(workspace)) return
      this.append(workspace, update, "projector")
    }
    const down = (ref: string, update: Uint8Array): void => {
      if (ref === workspace && !closed && isAlive()) Y.applyUpdate(doc, update, this)
    }
    const synced = Promise.resolve().then(() => {
      if (!isAlive()) throw new MillraceError("dead", { kind: "closed" })
      for (const { update } of this.log(workspace)) Y.applyUpdate(doc, update, this)
      doc.on("update", up)
      this.#documents.add(down)
    })
    synced.catch(() => {})
    return {
      synced,
      flushed: () => (isAlive() ? Promise.resolve(1) : new Promise(() => {})),
      close: () => {
        closed = true
        doc.off("update", up)
        this.#documents.delete(down)
      },
    }
  }

  #document(workspace: string, doc: Y.Doc, isAlive: () => boolean): RawDocument {
    const master = this.status(workspace)
    let closed = false
    const up = (update: Uint8Array, origin: unknown): void => {
      if (origin !== this && !closed && isAlive()) Y.applyUpdate(master, update, doc)
    }
    const down = (update: Uint8Array, origin: unknown): void => {
      if (origin !== doc && !closed && isAlive()) Y.applyUpdate(doc, update, this)
    }
    doc.on("update", up)
    master.on("update", down)
    const synced = Promise.resolve().then(() => {
      if (isAlive()) Y.applyUpdate(doc, Y.encodeStateAsUpdate(master), this)
      else throw new MillraceError("dead", { kind: "closed" })
    })
    synced.catch(() => {})
    return {
      synced,
      flushed: () => Promise.resolve(1),
      close: () => {
        closed = true
        doc.off("update", up)
        master.off("update", down)
      },
    }
  }
}

/** A reference's name and generation. */
function split(ref: string): readonly [name: string, generation: number] {
  const [name = ref, generation = "1"] = ref.split("@")
  return [name, Number(generation)]
}
