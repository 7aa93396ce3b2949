import { expect, test } from "vitest"
import { realKinds } from "../src/suite/subject.ts"
import { KindsHistory, type OpenKinds, playHistories } from "../src/suite/index.ts"
import {
  forgetfulCascade,
  forgetfulLists,
  forgettingDisputes,
  ownTexts,
  removalsWin,
  undoingOthers,
  wholeSets,
} from "./support/planted-kinds.ts"
import { baseSeed } from "./support/seeded.ts"

const histories = 60

test("M88 random histories of every kind of field, with restarts, undo, two schema versions and a new generation, end as they must", () => {
  const seed = baseSeed()
  let last
  for (const outcome of playHistories({ seed, histories })) {
    last = outcome
    expect(outcome.problems, `MILLRACE_SEED=${seed}`).toEqual([])
  }
  expect(last).toMatchObject({
    histories,
    lostEdits: 0,
    leaks: 0,
    silentDrops: 0,
    zombies: 0,
    divergences: 0,
    otherFaults: 0,
  })
  expect(last?.operations).toBeGreaterThan(histories * 30)
}, 120_000)

test("M86 a text whose removal is in force beside a write-back that was typed into is gone in the new generation too", () => {
  const { faults, divergences } = new KindsHistory(3_611_181_970, realKinds).run(100)
  expect([...faults, ...divergences]).toEqual([])
})

function firstFaults(open: OpenKinds, wanted: RegExp): readonly string[] {
  for (let seed = 1; seed <= 150; seed++) {
    const { faults, divergences } = new KindsHistory(seed, open).run(100)
    const found = [...faults, ...divergences].filter((fault) => wanted.test(fault))
    if (found.length > 0) return found
  }
  return []
}

test.each<readonly [string, RegExp, OpenKinds]>([
  ["undo that takes back what others wrote", /^(lost|silent|stale)/, undoingOthers],
  ["texts that each replica makes for itself", /^lost text/, ownTexts],
  ["sets that are written as a whole", /^lost element of tags/, wholeSets],
  ["removals that win over additions", /^lost element of props/, removalsWin],
  [
    "an element that is written without superseding",
    /^(stale element|silent loss|lost element|zombie).* (of|in) steps/,
    forgetfulLists,
  ],
  ["a delete that does not cascade", /^zombie/, forgetfulCascade],
  ["a new generation without disputes", /^the new generation differs/, forgettingDisputes],
])(
  "M89 the checker of histories sees a planted fault: %s",
  (_, wanted, open) => {
    expect(firstFaults(open, wanted)).not.toEqual([])
  },
  120_000,
)
