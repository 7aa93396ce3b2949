import assert from "node:assert/strict"
import type { Observation } from "../observation.ts"
import { sortedJson } from "../sorted-json.ts"
import type { StateTarget } from "../target.ts"
import { ChangeMaker } from "./changes.ts"
import type { Subject, SuiteCase, SuiteOptions, World, WorldAct } from "./subject.ts"
import { apply, applyAccepted, assertHeld } from "./verify.ts"

const never = { signal: new AbortController().signal }
const scope = { workspace: "suite", collections: ["datasets"] }

/** What a target that holds states owes where others act in its world. */
export function worldCases(options: SuiteOptions): readonly SuiteCase[] {
  const test = (
    title: string,
    act: WorldAct,
    body: (subject: Subject, target: StateTarget, world: Required<World>, make: ChangeMaker) => Promise<void>,
  ): readonly SuiteCase[] => {
    if (options.world?.includes(act) !== true) return []
    const run = async (): Promise<void> => {
      const subject = await options.make({})
      try {
        assert.ok(subject.world, "the subject has the world that the options promise")
        assert.equal(subject.target.shape, "state")
        if (subject.target.shape === "state") {
          await body(subject, subject.target, subject.world as Required<World>, new ChangeMaker())
        }
      } finally {
        await subject.dispose()
      }
    }
    return [{ title, run }]
  }
  return [
    ...test(
      "T301 what somebody else changed is observed, the rest as it was sent, and the next version overwrites it",
      "edit",
      async (subject, target, world, make) => {
        const first = make.next("r", { comment: "c", name: "ours", other: [1, null] })
        await applyAccepted(target, [first, make.next("s", { name: "s" })])
        await world.edit("datasets", "r", "theirs")
        assert.deepEqual(fieldsIn(await target.observe(scope, never)), {
          r: sortedJson({ comment: "c", name: "theirs", other: [1, null] }),
          s: '{"name":"s"}',
        })
        await applyAccepted(target, [make.next("r", { comment: "c", name: "again", other: [1, null] })])
        assert.deepEqual(fieldsIn(await target.observe(scope, never)), {
          r: sortedJson({ comment: "c", name: "again", other: [1, null] }),
          s: '{"name":"s"}',
        })
      },
    ),

    ...test(
      "T302 a listing that breaks off is not complete, says why, and the next one is complete",
      "cut",
      async (_subject, target, world, make) => {
        await applyAccepted(target, make.records(3))
        await world.cutNextListing()
        const { complete, problems } = await target.observe(scope, never)
        assert.equal(complete, false)
        assert.notEqual(problems?.[0]?.reason ?? "", "")
        const whole = await target.observe(scope, never)
        assert.deepEqual([whole.complete, whole.records.length], [true, 3])
      },
    ),

    ...test(
      "T303 what the server makes of a value is in the receipt as it is observed later, and a repeat writes nothing new",
      "normalise",
      async (subject, target, world, make) => {
        world.normalise()
        const change = make.next("r", { comment: "  wide  ", name: "r" })
        const [receipt] = await apply(target, [change])
        assert.equal(receipt?.outcome, "accepted")
        const observed = receipt?.outcome === "accepted" ? receipt.observed : undefined
        assert.equal(observed, '{"comment":"wide","name":"r"}')
        assert.deepEqual(fieldsIn(await target.observe(scope, never)), { r: observed })
        await applyAccepted(target, [change])
        await assertHeld(subject, [change])
      },
    ),

    ...test(
      "T304 what the server adds by itself is no field of the record",
      "default",
      async (subject, target, world, make) => {
        world.addDefault()
        const change = make.next("r", { name: "r" })
        await applyAccepted(target, [change])
        assert.deepEqual(fieldsIn(await target.observe(scope, never)), { r: '{"name":"r"}' })
        await assertHeld(subject, [change])
      },
    ),
  ]
}

function fieldsIn({ records, complete }: Observation): Readonly<Record<string, string>> {
  assert.equal(complete, true)
  return Object.fromEntries(records.map(({ id, fields }) => [id, fields]))
}
