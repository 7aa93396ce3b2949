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

/** What stands for a stream up to a seq: many parts of what the compacter's store is given. */
export function snapshotFor(seq: number): Uint8Array {
  return Uint8Array.from({ length: 20_000 + ((seq * 977) % 60_000) }, (_, index) => (index * 3 + seq) & 255)
}

/** What the compacter's output owes: the highest seq of each kind. */
export function compactedIn(output: string): {
  readonly acked: number
  readonly snapshot: number
  readonly trimmed: number
} {
  const highest = (pattern: RegExp): number =>
    Math.max(
      0,
      ...output
        .split("\n")
        .slice(0, -1)
        .map((line) => Number(pattern.exec(line)?.[1] ?? 0)),
    )
  return {
    acked: highest(/^acked \S+ (\d+)$/),
    snapshot: highest(/^snapshot (\d+)$/),
    trimmed: highest(/^trimmed (\d+)$/),
  }
}

/** What is wrong with the compacter's stream; empty where everything owed is there and everything there is right. */
export async function wrongIn(
  store: Store,
  stream: string,
  owed: ReturnType<typeof compactedIn>,
): Promise<readonly string[]> {
  const wrong: string[] = []
  const head = await store.head(stream)
  const trimmed = await store.trimmed(stream)
  const snapshot = await store.readSnapshot(stream)
  const check = (right: boolean, what: string): void => {
    if (!right) wrong.push(what)
  }
  check(head >= owed.acked, `the head is ${head}, acknowledged was ${owed.acked}`)
  check((snapshot?.seq ?? 0) >= owed.snapshot, `the snapshot is at ${snapshot?.seq}, resolved was ${owed.snapshot}`)
  check(trimmed >= owed.trimmed, `trimmed is ${trimmed}, resolved was ${owed.trimmed}`)
  check(trimmed <= (snapshot?.seq ?? 0), `trimmed ${trimmed} is beyond the snapshot at ${snapshot?.seq}`)
  check((snapshot?.seq ?? 0) <= head, `the snapshot at ${snapshot?.seq} is beyond the head ${head}`)
  if (snapshot !== undefined) {
    check(Buffer.compare(snapshot.payload, snapshotFor(snapshot.seq)) === 0, `the snapshot at ${snapshot.seq} changed`)
  }
  let seq = trimmed
  for await (const entry of store.read(stream, trimmed)) {
    seq += 1
    check(entry.seq === seq && Buffer.compare(entry.payload, payloadFor(stream, seq)) === 0, `entry ${seq} changed`)
  }
  check(seq === head, `entries end at ${seq}, the head is ${head}`)
  const history = await store.history(stream, 0, head)
  check(
    history.length === head &&
      history.every((one, at) => one.seq === at + 1 && one.bytes === payloadFor(stream, at + 1).length),
    "the history has a gap or changed",
  )
  return wrong
}
