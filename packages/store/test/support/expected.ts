import type { Store } from "../../src/index.ts"

export const streamNames: readonly string[] = ["log/a@1", "log/b@1", "journal/p0"]

/** What a stream holds at a seq: now and then more than one part. */
export function payloadFor(stream: string, seq: number): Uint8Array {
  const length = seq % 17 === 0 ? 150_000 : 40 + (seq % 300)
  return Uint8Array.from({ length }, (_, index) => (index + seq + stream.length) & 255)
}

/** The highest seq acknowledged in each stream, from the appender's output; a last line that is not whole is no ack. */
export function ackedIn(output: string): ReadonlyMap<string, number> {
  const acked = new Map<string, number>()
  for (const line of output.split("\n").slice(0, -1)) {
    const match = /^acked (\S+) (\d+)$/.exec(line)
    if (match?.[1] !== undefined) acked.set(match[1], Number(match[2]))
  }
  return acked
}

/** Acknowledged entries that are missing or damaged; every entry that is there must be right, acknowledged or not. */
export async function lostFrom(store: Store, acked: ReadonlyMap<string, number>): Promise<number> {
  let lost = 0
  for (const stream of streamNames) {
    let seen = 0
    for await (const entry of store.read(stream, 0)) {
      seen += 1
      if (
        entry.seq !== seen ||
        entry.timeMs !== seen ||
        Buffer.compare(entry.payload, payloadFor(stream, seen)) !== 0
      ) {
        throw new Error(`Entry ${entry.seq} of ${stream} is not what was appended as ${seen}.`)
      }
    }
    lost += Math.max(0, (acked.get(stream) ?? 0) - seen)
  }
  return lost
}
