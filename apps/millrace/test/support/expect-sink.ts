import { checkEventChains, type EventChains, type SunkEvent, waitFor } from "@millrace/testkit"
import { expect } from "vitest"

export type Exported = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/**
 * Waits until the sink's last states are the merged records, then demands that every chain is whole.
 *
 * An idle Flume sink polls every 5 seconds, so the wait is longer than that.
 */
export async function expectSinkHolds(
  readSink: () => Promise<readonly SunkEvent[]>,
  merged: Exported,
  deadlineMs = 60_000,
): Promise<EventChains> {
  const wanted = JSON.stringify(flat(merged))
  let chains: EventChains | undefined
  await waitFor(
    async () => {
      chains = checkEventChains(await readSink())
      return JSON.stringify(sorted(chains.last)) === wanted
    },
    { what: "the sink to hold the merged records", deadlineMs, everyMs: 500, detail: () => difference(chains, merged) },
  )
  expect(chains?.problems).toEqual([])
  return chains as EventChains
}

function flat(merged: Exported): [string, unknown][] {
  const all = Object.entries(merged).flatMap(([collection, records]) =>
    Object.entries(records).map(([id, record]): [string, unknown] => [`${collection} ${id}`, record]),
  )
  return sorted(new Map(all))
}

function sorted(records: ReadonlyMap<string, unknown>): [string, unknown][] {
  return [...records].sort(([a], [b]) => (a < b ? -1 : 1))
}

function difference(chains: EventChains | undefined, merged: Exported): string {
  const last = chains?.last ?? new Map<string, unknown>()
  const wanted = new Map(flat(merged))
  const wrong = [...wanted].filter(([key, value]) => JSON.stringify(last.get(key)) !== JSON.stringify(value))
  const extra = [...last.keys()].filter((key) => !wanted.has(key))
  return `${wrong.length} records differ (${wrong[0]?.[0] ?? "-"}), ${extra.length} too many (${extra[0] ?? "-"})`
}
