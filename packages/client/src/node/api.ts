import type { MillraceError } from "@millrace/ports"
import type * as Y from "yjs"
import type { RelayOptions } from "../options.ts"

/** One durable entry of a workspace's update log. */
export interface LogEntry {
  readonly seq: number
  readonly generation: number
  /** Subject of the token that wrote it. */
  readonly author: string
  readonly timeMs: number
  readonly update: Uint8Array
  /**
   * Set where the relay no longer keeps entries one by one: the update stands for every entry from the first up to `seq`,
   * with author and time of that one, and holds those up to this seq, which follow all the same.
   */
  readonly holdsSeq?: number
}

export interface FollowOptions extends RelayOptions {
  /** `<workspace>`, `<workspace>~status`, with `@<n>` for a later generation. */
  readonly workspace: string
  /** Entries with a higher seq are wanted; 0 for all. */
  readonly afterSeq: number
  /** Generation that `afterSeq` belongs to, 0 when there is none yet. */
  readonly generation: number
  /**
   * Called for one entry at a time, seqs ascending, each once or as part of a merged one; the next waits for the promise. At most
   * `maxBufferedBytes` wait here: beyond that the channel is closed and resumed from the last entry handed over.
   * A throw stops the following and comes to `onError`.
   */
  readonly onEntry: (entry: LogEntry) => Promise<void> | void
  /** Called after the last entry that was durable when the channel opened, at every connection. */
  readonly onCaughtUp?: (at: { readonly seq: number; readonly generation: number }) => Promise<void> | void
  /** Called when a connection ends; `retry` of the error is `"never"` when following ended with it. */
  readonly onError?: (error: MillraceError) => void
  readonly maxBufferedBytes?: number
}

export interface FeedItem {
  readonly workspace: string
  readonly generation: number
  readonly seq: number
}

export interface FeedOptions extends RelayOptions {
  /** A durable append happened. Items may be missed while offline: look at `onConnected`. */
  readonly onItem: (item: FeedItem) => void
  /** Called at every connection: whatever was appended before it may not have been told. */
  readonly onConnected?: () => void
  readonly onError?: (error: MillraceError) => void
}

export interface Closable {
  /** Idempotent; no callback starts after it. */
  close(): void
}

export interface RawDocumentOptions extends RelayOptions {
  readonly workspace: string
  readonly doc: Y.Doc
  /** Generation of what `doc` holds, 0 when it is empty. */
  readonly generation?: number
  readonly onError?: (error: MillraceError) => void
}

/** A bare document kept in step with the relay. */
export interface RawDocument extends Closable {
  /** Resolves after the first full sync with the relay; rejects when refused for good or closed before. */
  readonly synced: Promise<void>
  /**
   * Resolves with a seq once all updates made to the document up to this call are on the relay's disk, and with the
   * highest one known when there is nothing to wait for. Rejects when refused for good, or closed before.
   */
  flushed(): Promise<number>
}
