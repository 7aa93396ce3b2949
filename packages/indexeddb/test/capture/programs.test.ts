import "fake-indexeddb/auto"
import { seedFromEnvironment } from "@millrace/testkit"
import { IDBFactory } from "fake-indexeddb"
import { expect, test } from "vitest"
import { playProgram } from "../../src/suite/index.ts"

test.each([true, false])(
  "I402 generated programs behave captured (images %s) as on the bare engine, every change is marked and every image right",
  async (images) => {
    const seed = seedFromEnvironment()
    let changes = 0
    for (let n = 0; n < 40; n += 1) {
      const played = await playProgram(new IDBFactory(), seed + n, images)
      changes += played.changes
      expect(played.problems).toEqual([])
    }
    expect(changes).toBeGreaterThan(200)
  },
)
