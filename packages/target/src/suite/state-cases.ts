import assert from "node:assert/strict"
import type { StateTarget } from "../target.ts"
import { ChangeMaker, hostileTexts } from "./changes.ts"
import type { Subject, SuiteCase, SuiteOptions } from "./subject.ts"
import { applyAccepted, assertHeld } from "./verify.ts"

const never = { signal: new AbortController().signal }
const scope = { workspace: "suite", collections: ["datasets", "columns"] }

/** What every target that holds states owes on top; the cases fail for a log target. */
export function stateCases(options: SuiteOptions): readonly SuiteCase[] {
  const test = (
    title: string,
    body: (subject: Subject, target: StateTarget, make: ChangeMaker) => Promise<void>,
  ): SuiteCase => ({
    title,
    run: async () => {
      const subject = await options.make({})
      try {
        assert.equal(subject.target.shape, "state")
        if (subject.target.shape === "state") await body(subject, subject.target, new ChangeMaker())
      } finally {
        await subject.dispose()
      }
    },
  })
  return [
    test("T17 of several versions of a record in a batch the last one stands, and all are accepted", async (subject, target, make) => {
      const changes = [
        make.next("r", { n: 1 }),
        make.next("r", { n: 2 }),
        make.next("r", null),
        make.next("r", { n: 4 }),
      ]
      await applyAccepted(target, changes)
      await assertHeld(subject, changes)
    }),

    test("T18 an older version never overwrites a newer one, nor brings a deleted record back", async (subject, target, make) => {
      const [first, second, deleted] = [make.next("r", { n: 1 }), make.next("r", { n: 2 }), make.next("r", null)]
      await applyAccepted(target, [first, second])
      await applyAccepted(target, [first])
      await assertHeld(subject, [second])
      await applyAccepted(target, [deleted])
      await applyAccepted(target, [second])
      await assertHeld(subject, [])
      const again = make.next("r", { n: 4 })
      await applyAccepted(target, [again])
      await applyAccepted(target, [deleted])
      await assertHeld(subject, [again])
    }),

    test("T19 observe and adopt list what the target holds, complete, with every id and its fields", async (_subject, target, make) => {
      const changes = [
        ...hostileTexts.map((text) => make.next(text, { text })),
        make.next("other", { at: 1 }, "columns"),
        make.next("elsewhere", { at: 1 }, "unbound"),
      ]
      await applyAccepted(target, changes)
      await applyAccepted(target, [make.next("sales.orders", null)])
      for (const read of [target.observe(scope, never), target.adopt(scope, never)]) {
        const { records, complete } = await read
        assert.equal(complete, true)
        const expected = changes.filter(({ id, collection }) => id !== "sales.orders" && collection !== "unbound")
        assert.deepEqual(
          records.map(({ collection, id, fields }) => JSON.stringify([collection, id, fields])).sort(),
          expected.map(({ collection, id, after }) => JSON.stringify([collection, id, after])).sort(),
        )
      }
    }),
  ]
}
