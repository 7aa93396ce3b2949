import assert from "node:assert/strict"
import { MillraceError } from "@millrace/ports"
import { ChangeMaker, hostileTexts } from "./changes.ts"
import type { Subject, SuiteCase, SuiteOptions } from "./subject.ts"
import { apply, applyAccepted, applyFailed, applyHalving, assertHeld, binding } from "./verify.ts"

const never = { signal: new AbortController().signal }

/** What every target owes. */
export function commonCases(options: SuiteOptions): readonly SuiteCase[] {
  const test = (title: string, body: (subject: Subject, make: ChangeMaker) => Promise<void>): SuiteCase => ({
    title,
    run: async () => {
      const subject = await options.make({})
      try {
        await body(subject, new ChangeMaker())
      } finally {
        await subject.dispose()
      }
    },
  })
  const { spoil } = options
  return [
    test("T1 apply answers with one receipt per change, in the order of the changes", async (subject, make) => {
      const changes = [...make.records(7), make.next("record-3", { name: "again" }), make.next("record-5", null)]
      await applyAccepted(subject.target, changes)
      await assertHeld(subject, changes)
      assert.deepEqual(await apply(subject.target, []), [])
    }),

    test("T2 a batch that is applied again, whole or in part, is accepted and changes nothing", async (subject, make) => {
      const changes = make.records(5)
      await applyAccepted(subject.target, changes)
      await applyAccepted(subject.target, changes)
      await applyAccepted(subject.target, changes.slice(1, 3))
      await assertHeld(subject, changes)
    }),

    test("T3 an update that leaves the fields as they are is accepted", async (subject, make) => {
      const changes = [make.next("same", { name: "x" }), make.next("same", { name: "x" })]
      for (const change of changes) await applyAccepted(subject.target, [change])
      await assertHeld(subject, changes)
    }),

    test("T4 the deletion of a record that the target does not have is accepted", async (subject, make) => {
      const absent = make.next("absent", null)
      await applyAccepted(subject.target, [absent])
      await applyAccepted(subject.target, [absent])
      await assertHeld(subject, [absent])
    }),

    ...(spoil === undefined
      ? []
      : [
          test("T5 a change refused for its content ends as invalid, alone, and all others are accepted", async (subject, make) => {
            const changes = make.records(9).map((change, at) => (at === 4 ? spoil(change) : change))
            const receipts = await applyHalving(subject.target, changes)
            for (const [at, receipt] of receipts.entries()) {
              assert.equal(receipt.outcome, at === 4 ? "failed" : "accepted", JSON.stringify(receipt).slice(0, 500))
              if (receipt.outcome === "failed") assert.equal(receipt.kind, "invalid")
            }
            await assertHeld(subject, changes.toSpliced(4, 1))
          }),
        ]),

    test("T6 while the target cannot be reached every receipt is retry with a reason, and nothing is lost", async (subject, make) => {
      const changes = make.records(3)
      await applyAccepted(subject.target, changes.slice(0, 1))
      await subject.die()
      await applyFailed(subject.target, changes, "retry")
      await subject.revive()
      await applyAccepted(subject.target, changes)
      await assertHeld(subject, changes)
    }),

    test("T7 an aborted call rejects with kind timeout, and repeating it is safe", async (subject, make) => {
      const changes = make.records(40)
      const before = new AbortController()
      before.abort()
      await assert.rejects(subject.target.apply({ binding, changes }, before), isKind("timeout"))
      const during = new AbortController()
      const call = subject.target.apply({ binding, changes }, during)
      during.abort()
      await assert.rejects(call, isKind("timeout"))
      await applyAccepted(subject.target, changes)
      await assertHeld(subject, changes)
    }),

    test("T8 close is idempotent, and every call after it is refused with kind closed", async (subject, make) => {
      const { target } = subject
      const changes = make.records(2)
      await applyAccepted(target, changes)
      await Promise.all([target.close(), target.close()])
      await target.close()
      await assert.rejects(target.apply({ binding, changes }, never), isKind("closed"))
      await assert.rejects(target.plan({ binding, changes }, never), isKind("closed"))
      assert.equal((await target.check(never)).ok, false)
      await assertHeld(subject, changes)
    }),

    test("T9 plan writes nothing and answers with one step per change, in order", async (subject, make) => {
      const changes = make.records(4)
      const step = async (): Promise<readonly string[]> => {
        const steps = await subject.target.plan({ binding, changes }, never)
        assert.deepEqual(
          steps.map(({ collection, id }) => [collection, id]),
          changes.map(({ collection, id }) => [collection, id]),
        )
        return steps.map(({ action }) => action)
      }
      const isLog = subject.target.shape === "log"
      assert.deepEqual(
        await step(),
        changes.map(() => (isLog ? "send" : "create")),
      )
      await assertHeld(subject, [])
      await applyAccepted(subject.target, changes)
      assert.deepEqual(
        await step(),
        changes.map(() => (isLog ? "send" : "none")),
      )
      await assertHeld(subject, changes)
    }),

    test("T10 check never rejects and writes nothing: true while the target answers, else false with what was found", async (subject) => {
      const { target } = subject
      assert.deepEqual([(await target.check(never)).ok], [true])
      await subject.die()
      const dead = await target.check(never)
      assert.equal(dead.ok, false)
      assert.notEqual(dead.detail, "")
      await subject.revive()
      assert.equal((await target.check(never)).ok, true)
      const aborted = new AbortController()
      aborted.abort()
      assert.equal(typeof (await target.check(aborted)).ok, "boolean")
      await assertHeld(subject, [])
    }),

    test("T11 hostile ids and texts arrive exactly, each as a record of its own", async (subject, make) => {
      const changes = hostileTexts.map((text) => make.next(text, { text, [text]: text }))
      await applyAccepted(subject.target, changes)
      await assertHeld(subject, changes)
    }),
  ]
}

function isKind(kind: string): (error: unknown) => boolean {
  return (error) => error instanceof MillraceError && error.kind === kind
}
