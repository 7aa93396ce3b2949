/** When a workspace's log is compacted, and how. */
export interface CompactionSettings {
  /** Entries since the last snapshot at which a log in use is compacted. */
  readonly entries: number
  /** Bytes since the last snapshot, the same; each of both alone is enough. */
  readonly bytes: number
  /** Entries since the last snapshot at which a log is compacted when its workspace leaves memory. */
  readonly idleEntries: number
  /** Entries, and bytes of them, that stay one by one behind the head, so that followers just behind it miss no author. */
  readonly keepEntries: number
  readonly keepBytes: number
  /** Heap of the thread that compacts. */
  readonly maxMemoryMb: number
  /** A log rests for so many times as long as its last compaction took. */
  readonly restFactor: number
  /** Version of this program: what another one could not compact is tried again. */
  readonly build: string
}

export const defaultCompaction: CompactionSettings = {
  entries: 5000,
  bytes: 4 * 1_048_576,
  idleEntries: 500,
  keepEntries: 500,
  keepBytes: 262_144,
  maxMemoryMb: 1024,
  restFactor: 10,
  build: "0.1.0",
}
