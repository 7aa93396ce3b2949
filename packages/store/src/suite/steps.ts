import assert from "node:assert/strict"
import type { ErrorKind } from "@millrace/ports"
import type { NewEntry, Store, StoredEntry, StreamHead } from "../store.ts"

export function entry(content: string): NewEntry {
  return { payload: bytes(content), generation: 1, author: "suite", timeMs: 1000 }
}

export function bytes(content: string): Uint8Array {
  return new TextEncoder().encode(content)
}

export function text(payload: Uint8Array): string {
  return new TextDecoder().decode(payload)
}

export function plain(stored: StoredEntry | undefined): unknown {
  return stored === undefined ? undefined : { ...stored, payload: Uint8Array.from(stored.payload) }
}

export async function readAll(store: Store, stream: string, afterSeq: number): Promise<StoredEntry[]> {
  const entries: StoredEntry[] = []
  for await (const one of store.read(stream, afterSeq)) entries.push(one)
  return entries
}

export async function listAll(store: Store, prefix: string): Promise<StreamHead[]> {
  const heads: StreamHead[] = []
  for await (const head of store.streams(prefix)) heads.push(head)
  return heads
}

export async function refuses(call: Promise<unknown>, kind: ErrorKind): Promise<void> {
  await assert.rejects(call, (thrown: unknown) => thrown instanceof Error && "kind" in thrown && thrown.kind === kind)
}
