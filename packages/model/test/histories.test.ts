import { expect, test } from "vitest"
import { History } from "./support/history.ts"
import { baseSeed } from "./support/seeded.ts"
import { realSubject } from "./support/subject.ts"

const histories = 90

test("M36 random histories lose no edit, leak none, drop none silently, raise no deleted record, and converge", () => {
  const seed = baseSeed()
  let operations = 0
  for (let at = 0; at < histories; at++) {
    const outcome = new History(seed + at, realSubject).run(80)
    operations += outcome.operations
    expect(outcome, `MILLRACE_SEED=${seed + at}`).toMatchObject({ faults: [], divergences: [] })
  }
  expect(operations).toBeGreaterThan(histories * 20)
}, 120_000)
