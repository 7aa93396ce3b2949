import { join } from "node:path"
import { systemClock, systemRandom } from "@millrace/ports"
import { atEndOfTests, tempDir } from "@millrace/testkit"
import type { NewEntry, Store, StoredEntry } from "@millrace/store"
import { openLmdbStore } from "@millrace/store/lmdb"
import { createVerifier, openKeyFile, signToken, type TokenKey } from "../../src/access/index.ts"
import { type Relay, type RelayOptions, startRelay } from "../../src/index.ts"

export interface TestRelay {
  readonly relay: Relay
  readonly store: Store
  readonly key: TokenKey
  readonly http: string
  readonly ws: string
  /** A token for an hour, unless told otherwise. */
  readonly token: (workspaces: Readonly<Record<string, string>>, lifeMs?: number, subject?: string) => Promise<string>
  readonly stop: () => Promise<void>
}

export type TestRelayOptions = Partial<Omit<RelayOptions, "listen" | "verifier">> & { readonly dataDir?: string }

/** A relay in this process on a free port, stopped at the end of the tests. */
export async function startTestRelay(options: TestRelayOptions = {}): Promise<TestRelay> {
  const dataDir = options.dataDir ?? tempDir("relay")
  const store = options.store ?? (await openLmdbStore({ folder: join(dataDir, "relay") }))
  const key = await openKeyFile(join(dataDir, "auth.key"), systemRandom)
  const clock = options.clock ?? systemClock
  const relay = await startRelay({
    ...options,
    store,
    verifier: createVerifier([key], clock),
    listen: { host: "127.0.0.1", port: 0 },
  })
  const stop = async (): Promise<void> => {
    await relay.close()
    await store.close()
  }
  atEndOfTests(stop)
  return {
    relay,
    store,
    key,
    http: `http://127.0.0.1:${relay.port}`,
    ws: `ws://127.0.0.1:${relay.port}/sync`,
    token: (workspaces, lifeMs = 3_600_000, subject = "tester") =>
      signToken({ key, subject, workspaces, expiresAtMs: clock.nowMs() + lifeMs }),
    stop,
  }
}

/** A store whose appends wait, fail or pass as the test says. */
export class GatedStore implements Store {
  readonly #inner: Store
  #gate: Promise<void> = Promise.resolve()
  #open: () => void = () => {}
  /** Appends that came to the gate. */
  appends = 0
  /** What the next appends are refused with. */
  failAppends: unknown
  failReads: unknown

  constructor(inner: Store) {
    this.#inner = inner
  }

  /** Holds appends back until `open`. */
  shut(): void {
    this.#gate = new Promise((resolve) => (this.#open = resolve))
  }

  open(): void {
    this.#open()
  }

  async append(stream: string, entries: readonly NewEntry[], expectedSeq?: number): Promise<number> {
    this.appends += 1
    await this.#gate
    if (this.failAppends !== undefined) throw this.failAppends
    return this.#inner.append(stream, entries, expectedSeq)
  }

  async *read(stream: string, afterSeq: number): AsyncIterable<StoredEntry> {
    if (this.failReads !== undefined) throw this.failReads
    yield* this.#inner.read(stream, afterSeq)
  }

  head(stream: string): Promise<number> {
    return this.#inner.head(stream)
  }

  streams(prefix: string): ReturnType<Store["streams"]> {
    return this.#inner.streams(prefix)
  }

  watch(prefix: string, listener: Parameters<Store["watch"]>[1]): () => void {
    return this.#inner.watch(prefix, listener)
  }

  snapshot(stream: string, seq: number, payload: Uint8Array): Promise<void> {
    return this.#inner.snapshot(stream, seq, payload)
  }

  readSnapshot(stream: string): ReturnType<Store["readSnapshot"]> {
    return this.#inner.readSnapshot(stream)
  }

  trim(stream: string, uptoSeq: number): Promise<number> {
    return this.#inner.trim(stream, uptoSeq)
  }

  trimmed(stream: string): Promise<number> {
    return this.#inner.trimmed(stream)
  }

  history(stream: string, afterSeq: number, limit: number): ReturnType<Store["history"]> {
    return this.#inner.history(stream, afterSeq, limit)
  }

  acquire(name: string, owner: string, ttlMs: number): ReturnType<Store["acquire"]> {
    return this.#inner.acquire(name, owner, ttlMs)
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}

/** A gated store in a folder of its own. */
export async function openGatedStore(): Promise<GatedStore> {
  return new GatedStore(await openLmdbStore({ folder: tempDir("gated") }))
}

/** The updates of a stream, in order. */
export async function updatesIn(store: Store, stream: string): Promise<readonly StoredEntry[]> {
  const entries: StoredEntry[] = []
  for await (const entry of store.read(stream, 0)) entries.push(entry)
  return entries
}
