import assert from "node:assert/strict"
import type { FailureKind } from "../receipt.ts"
import { ChangeMaker } from "./changes.ts"
import type { HttpFaults, Subject, SuiteCase, SuiteOptions } from "./subject.ts"
import { apply, applyAccepted, applyFailed, assertHeld } from "./verify.ts"

const kinds: readonly (readonly [status: number, kind: FailureKind])[] = [
  [400, "invalid"],
  [401, "auth"],
  [403, "auth"],
  [413, "invalid"],
  [429, "rate"],
  [500, "retry"],
  [502, "retry"],
  [503, "retry"],
  [504, "retry"],
]

/** What every target that speaks HTTP owes on top. */
export function httpCases(options: SuiteOptions): readonly SuiteCase[] {
  const test = (
    title: string,
    timeoutMs: number | undefined,
    body: (subject: Subject, http: HttpFaults, make: ChangeMaker) => Promise<void>,
  ): SuiteCase => ({
    title,
    run: async () => {
      const subject = await options.make(timeoutMs === undefined ? {} : { timeoutMs })
      try {
        assert.ok(subject.http, "the subject of an HTTP target has http")
        await body(subject, subject.http, new ChangeMaker())
      } finally {
        await subject.dispose()
      }
    },
  })
  return [
    ...kinds.map(([status, kind]) =>
      test(
        `T12 an answer ${status} makes receipts of kind ${kind}; nothing was taken, and the repeat is accepted`,
        undefined,
        async (subject, http, make) => {
          const changes = make.records(1)
          http.refuseNext({ status, body: "<title>because of this</title>" })
          const [failed] = await applyFailed(subject.target, changes, kind)
          assert.match(failed?.reason ?? "", new RegExp(`${status}.*because of this`))
          assert.equal(failed?.wholeBatch, undefined, "a batch of one is not refused as a whole")
          await applyAccepted(subject.target, changes)
          await assertHeld(subject, changes)
        },
      ),
    ),

    ...[404, 409].map((status) =>
      test(
        `T300 an answer ${status} is never taken for an acceptance; its words are handed on, and the repeat is accepted`,
        undefined,
        async (subject, http, make) => {
          const changes = make.records(1)
          http.refuseNext({ status, body: "<title>because of this</title>" })
          const [receipt] = await apply(subject.target, changes)
          assert.equal(receipt?.outcome, "failed")
          if (receipt?.outcome === "failed") assert.match(receipt.reason, new RegExp(`${status}.*because of this`))
          await applyAccepted(subject.target, changes)
          await assertHeld(subject, changes)
        },
      ),
    ),

    test(
      "T13 where an answer blames the content of a batch of several, wholeBatch is true",
      undefined,
      async (subject, http, make) => {
        const changes = make.records(3)
        for (const status of [400, 413]) {
          http.refuseNext({ status })
          for (const failed of await applyFailed(subject.target, changes, "invalid"))
            assert.equal(failed.wholeBatch, true)
        }
      },
    ),

    test("T14 Retry-After is handed on as retryAfterMs", undefined, async (subject, http, make) => {
      const changes = make.records(2)
      http.refuseNext({ status: 429, headers: { "retry-after": "7" } })
      for (const failed of await applyFailed(subject.target, changes, "rate")) assert.equal(failed.retryAfterMs, 7000)
      http.refuseNext({ status: 503, headers: { "retry-after": "2" } })
      for (const failed of await applyFailed(subject.target, changes, "retry")) assert.equal(failed.retryAfterMs, 2000)
    }),

    test(
      "T15 an answer that is lost after the batch took effect is retry, and the repeat brings equal copies only",
      undefined,
      async (subject, http, make) => {
        const changes = make.records(3)
        http.dropNextAfterApply()
        await applyFailed(subject.target, changes, "retry")
        await applyAccepted(subject.target, changes)
        await assertHeld(subject, changes)
      },
    ),

    test(
      "T16 an answer that does not come in time is retry; one that comes late but in time is accepted",
      400,
      async (subject, http, make) => {
        const changes = make.records(3)
        http.hangNextAfterApply()
        const [failed] = await applyFailed(subject.target, changes, "retry")
        assert.match(failed?.reason ?? "", /400 ms/)
        await applyAccepted(subject.target, changes)
        await assertHeld(subject, changes)
        http.delayNext(20)
        await applyAccepted(subject.target, changes)
      },
    ),
  ]
}
