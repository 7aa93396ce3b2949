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

/** What stands in for every entry of a stream up to `seq`. */
export interface Snapshot {
  readonly seq: number
  readonly payload: Uint8Array
}

/** What is known of an entry for good, also when its payload was trimmed. */
export interface HistoryEntry {
  readonly seq: number
  readonly generation: number
  readonly author: string
  readonly timeMs: number
  /** Length of the payload, which may be gone. */
  readonly bytes: number
}

/**
 * A claim to be the only one at work on something, for a while.
 *
 * It says who should work; it does not stop the writes of a holder that was paused longer than its lease. What does is
 * `expectedSeq`: whoever got a lease reads the stream's head, appends an entry of its own there first, and from then on
 * every append of the former holder, who knows an older head, is a `conflict`. The `token` is for media outside of the store that
 * compare such numbers, and for that first entry.
 */
export interface Lease {
  readonly name: string
  readonly owner: string
  /** Higher than in every earlier lease of this name, also across crashes and releases. */
  readonly token: number
  /** By the clock of this process; moved by `renew`. */
  readonly expiresAtMs: number
  /** Counts `ttlMs` from now again. Rejects with kind `conflict` once somebody else, or a later call of this owner, has the lease. */
  renew(): Promise<void>
  /** Lets others have it at once. Idempotent; does nothing where somebody else has it. */
  release(): Promise<void>
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

  /**
   * Durable entries with `seq > afterSeq`, in order, up to the head at the time of the call. Bounded memory.
   *
   * Throws kind `not-found`, retry `now`, at an entry that was trimmed, also when that happens while it reads: the
   * snapshot has what is missing, and reading goes on behind its seq.
   */
  read(stream: string, afterSeq: number): AsyncIterable<StoredEntry>

  /** The last durable seq; 0 where the stream does not exist. */
  head(stream: string): Promise<number>

  /** Every stream whose name starts with `prefix`, sorted by name. */
  streams(prefix: string): AsyncIterable<StreamHead>

  /**
   * Makes `payload` the stream's snapshot at `seq`, in place of the one before.
   *
   * When it resolves the new one is flushed and was read back whole; until then, and whenever it rejects or the process dies, the
   * former one is the snapshot. `invalid` for a seq that is not in the stream, `conflict` where a snapshot with a higher
   * seq is there or another call was first. The entries stay until `trim`.
   */
  snapshot(stream: string, seq: number, payload: Uint8Array): Promise<void>

  /** The last whole snapshot; undefined where there is none. Kind `corrupt` where its bytes are not those that were stored. */
  readSnapshot(stream: string): Promise<Snapshot | undefined>

  /**
   * Drops the payloads of entries up to `uptoSeq`, keeps what `history` tells of them, and resolves with the seq up to which
   * payloads are gone. `invalid` beyond the snapshot's seq. In steps: after a crash a first part may be gone. Idempotent.
   */
  trim(stream: string, uptoSeq: number): Promise<number>

  /** The seq up to which payloads are gone; 0 where nothing was trimmed. */
  trimmed(stream: string): Promise<number>

  /** At most `limit` entries with `seq > afterSeq`, in order, trimmed or not. */
  history(stream: string, afterSeq: number, limit: number): Promise<readonly HistoryEntry[]>

  /**
   * Claims `name` for `ttlMs`. The same owner gets it anew, with a higher token, which ends its former lease.
   * Rejects with kind `conflict`, retry after what is left of it, while somebody else has it.
   */
  acquire(name: string, owner: string, ttlMs: number): Promise<Lease>

  /**
   * Calls `listener` after every durable append of this process to a stream whose name starts with `prefix`.
   * The returned function ends it and is idempotent.
   */
  watch(prefix: string, listener: (head: StreamHead) => void): () => void

  /** Waits for what is under way, then releases the medium. Idempotent; later calls reject with kind `closed`. */
  close(): Promise<void>
}
