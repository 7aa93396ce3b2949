import assert from "node:assert/strict"
import type { Change } from "../change.ts"
import type { Failed, FailureKind, Receipt } from "../receipt.ts"
import { sortedJson } from "../sorted-json.ts"
import type { Target } from "../target.ts"
import type { Held, Subject } from "./subject.ts"

export const binding = "suite"

/** Applies with a signal that never aborts, and checks what every answer owes: a receipt per change, in order. */
export async function apply(target: Target, changes: readonly Change[]): Promise<readonly Receipt[]> {
  const receipts = await target.apply({ binding, changes }, { signal: new AbortController().signal })
  assert.deepEqual(
    receipts.map((receipt) => receipt.eventId),
    changes.map((change) => change.eventId),
    "one receipt per change, in the order of the changes",
  )
  for (const receipt of receipts) {
    if (receipt.outcome === "failed") assert.notEqual(receipt.reason.trim(), "", "a refusal has a reason")
  }
  return receipts
}

export async function applyAccepted(target: Target, changes: readonly Change[]): Promise<void> {
  for (const receipt of await apply(target, changes)) {
    assert.equal(receipt.outcome, "accepted", receipt.outcome === "failed" ? receipt.reason : "")
  }
}

export async function applyFailed(
  target: Target,
  changes: readonly Change[],
  kind: FailureKind,
): Promise<readonly Failed[]> {
  return (await apply(target, changes)).map((receipt) => {
    assert.equal(receipt.outcome, "failed")
    if (receipt.outcome !== "failed") throw new Error("unreachable")
    assert.equal(receipt.kind, kind, receipt.reason)
    return receipt
  })
}

/** As a projector does: batches that were refused as a whole are halved until each change has an answer of its own. */
export async function applyHalving(target: Target, changes: readonly Change[]): Promise<readonly Receipt[]> {
  const receipts = await apply(target, changes)
  const shared = receipts.some((receipt) => receipt.outcome === "failed" && receipt.wholeBatch === true)
  if (!shared || changes.length < 2) return receipts
  const half = Math.ceil(changes.length / 2)
  return [...(await applyHalving(target, changes.slice(0, half))), ...(await applyHalving(target, changes.slice(half)))]
}

/**
 * Compares the world with what was applied, `changes` in order, repeats allowed.
 *
 * Of a log target: the first copies of its events are these changes in this order, and repeats are equal to their
 * first copy. Of a state target: it holds the last state of each record, and nothing else.
 */
export async function assertHeld(subject: Subject, changes: readonly Change[]): Promise<void> {
  const held = await subject.held()
  if (subject.target.shape === "log") {
    const firsts = new Map<string, Held>()
    for (const event of held) {
      const first = firsts.get(event.eventId)
      if (first === undefined) firsts.set(event.eventId, event)
      else assert.deepEqual(event, first, "a repeat equals its first copy")
    }
    assert.deepEqual([...firsts.values()].map(comparable), [...distinct(changes)].map(comparable))
    return
  }
  const last = new Map<string, Change>()
  for (const change of changes) last.set(JSON.stringify([change.collection, change.id]), change)
  const expected = [...last.values()].filter((change) => change.after !== null)
  assert.deepEqual(held.map(comparable).sort(byText), expected.map(comparable).sort(byText))
}

function distinct(changes: readonly Change[]): Iterable<Change> {
  return new Map(changes.map((change) => [change.eventId, change])).values()
}

function comparable(one: Held | Change): string {
  const after = one.after === null ? null : sortedJson(JSON.parse(one.after))
  return JSON.stringify([one.collection, one.id, one.version, one.eventId, after])
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
