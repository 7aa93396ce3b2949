import type { Store } from "../store.ts"

/** A store that does what `inner` does, except for the methods given: for tests that delay, fail or count some of them. */
export function overStore(inner: Store, own: Partial<Store>): Store {
  return {
    append: (stream, entries, expectedSeq) => inner.append(stream, entries, expectedSeq),
    read: (stream, afterSeq) => inner.read(stream, afterSeq),
    head: (stream) => inner.head(stream),
    streams: (prefix) => inner.streams(prefix),
    snapshot: (stream, seq, payload) => inner.snapshot(stream, seq, payload),
    readSnapshot: (stream) => inner.readSnapshot(stream),
    trim: (stream, uptoSeq) => inner.trim(stream, uptoSeq),
    trimmed: (stream) => inner.trimmed(stream),
    history: (stream, afterSeq, limit) => inner.history(stream, afterSeq, limit),
    acquire: (name, owner, ttlMs) => inner.acquire(name, owner, ttlMs),
    watch: (prefix, listener) => inner.watch(prefix, listener),
    close: () => inner.close(),
    ...own,
  }
}
