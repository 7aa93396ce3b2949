/**
 * The one port of everything that lasts: streams of numbered entries.
 *
 * A workspace's update log is a stream; so is a projector partition's journal. The port is kept fit for a driver on
 * NATS JetStream: no transaction spans two streams, and nothing needs a scan over keys other than `streams`.
 */
export interface NewEntry {
  readonly payload: Uint8Array
  /** Generation of the workspace that the entry belongs to; 1 unless it was reset. */
  readonly generation: number
  /** Who wrote it: a token's subject, or a worker's id. */
  readonly author: string
  /** Milliseconds since the epoch at which it was taken in. */
  readonly timeMs: number
}

export interface StoredEntry extends NewEntry {
  /** 1 for the first entry of a stream, then without a gap. */
  readonly seq: number
}

export interface StreamHead {
  readonly stream: string
  /** Seq of the last durable entry; 0 for an empty stream. */
  readonly seq: number
}

export interface Store {
  /**
   * Appends all entries as one commit and resolves with the last seq.
   *
   * When it resolves the entries are flushed to disk, not merely committed; when it rejects, either none is there
   * or (kind `timeout`) the outcome is unknown. Calls of one process on one stream take effect in the order of the
   * calls. Concurrent calls may share one flush. With `expectedSeq`, which is both atomicity and fence, nothing is
   * written unless the stream's last seq is exactly that: kind `conflict`. A payload of any size is taken; the driver
   * splits it as its medium needs, and an entry is visible only whole.
   */
  append(stream: string, entries: readonly NewEntry[], expectedSeq?: number): Promise<number>

  /** Durable entries with `seq > afterSeq`, in order, up to the head at the time of the call. Bounded memory. */
  read(stream: string, afterSeq: number): AsyncIterable<StoredEntry>

  /** The last durable seq; 0 where the stream does not exist. */
  head(stream: string): Promise<number>

  /** Every stream whose name starts with `prefix`, sorted by name. */
  streams(prefix: string): AsyncIterable<StreamHead>

  /**
   * Calls `listener` after every durable append of this process to a stream whose name starts with `prefix`.
   * The returned function ends it and is idempotent.
   */
  watch(prefix: string, listener: (head: StreamHead) => void): () => void

  /** Waits for what is under way, then releases the medium. Idempotent; later calls reject with kind `closed`. */
  close(): Promise<void>
}
