import { systemClock } from "@millrace/ports"
import type { ActionResult, Applied, Batch, Change, Receipt, RunReport, StateTarget } from "@millrace/target"
import { type OozieServer, waitFor } from "@millrace/testkit"
import { createOozieTarget, oozieConfig } from "../src/index.ts"

export const never = { signal: new AbortController().signal }

export function targetAt(
  server: Pick<OozieServer, "url" | "webHdfsUrl" | "nameNode" | "jobTracker">,
  user: string,
  settings: object = {},
): StateTarget {
  const config = oozieConfig(
    {
      kind: "oozie",
      url: server.url,
      webHdfsUrl: server.webHdfsUrl,
      nameNode: server.nameNode,
      user,
      properties: { jobTracker: server.jobTracker, "oozie.use.system.libpath": "true" },
      ...settings,
    },
    "targets.oozie",
  )
  return createOozieTarget("oozie", config, { clock: systemClock })
}

/** Applies as a projector does, with intents, and with what was applied before where it is given. */
export async function publish(
  target: StateTarget,
  changes: readonly Change[],
  more: { readonly attempts?: number; readonly applied?: readonly (Applied | null)[] } = {},
): Promise<readonly Receipt[]> {
  const batch: Batch = { binding: "b", changes }
  const markers = (await target.prepare?.(batch, never)) ?? []
  const intents = changes.map(({ eventId }, at) => {
    const marker = markers[at] ?? null
    return marker === null ? null : { eventId, marker, attempts: more.attempts ?? 0 }
  })
  return target.apply({ ...batch, intents, ...(more.applied === undefined ? {} : { applied: more.applied }) }, never)
}

export function outcomes(receipts: readonly Receipt[]): readonly string[] {
  return receipts.map((receipt) => (receipt.outcome === "accepted" ? "accepted" : `${receipt.kind}: ${receipt.reason}`))
}

export async function act(target: StateTarget, action: string, id: string, more: object = {}): Promise<ActionResult> {
  const request = {
    action,
    collection: "workflows",
    id,
    workspace: "suite",
    binding: "b",
    asUser: "ann",
    parameters: {},
    idempotencyKey: `${action} ${id}`,
    attempts: 0,
    applied: null,
    ...more,
  }
  return (await target.act?.(request, never)) ?? { outcome: "failed", kind: "bug", reason: "no act" }
}

/** The report of a record once it is as wanted. */
export function reportOf(
  target: StateTarget,
  [collection, id]: readonly [collection: string, id: string],
  wanted: (report: RunReport) => boolean,
  deadlineMs = 90_000,
): Promise<RunReport> {
  let last: RunReport | undefined
  return waitFor(
    async () => {
      const made = await target.reports?.({ workspace: "suite", collections: [collection] }, never)
      last = made?.reports.find((one) => one.id === id)
      return last !== undefined && wanted(last) ? last : undefined
    },
    { what: `the report of ${id}`, deadlineMs, everyMs: 200, detail: () => JSON.stringify(last, null, 1) },
  )
}
