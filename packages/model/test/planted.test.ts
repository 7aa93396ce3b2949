import { expect, test } from "vitest"
import { History } from "./support/history.ts"
import { clearingUp, ignoringClasses, ignoringTags, nestedMaps, neverSuperseding } from "./support/planted.ts"
import type { Fault } from "./support/reference.ts"
import type { OpenSubject } from "./support/subject.ts"

// The checker is worth nothing unless it sees what it is there to see.
function firstFaults(open: OpenSubject, wanted: Fault): readonly Fault[] {
  for (let seed = 1; seed <= 200; seed++) {
    const { faults } = new History(seed, open).run(80)
    if (faults.includes(wanted)) return faults
  }
  return []
}

test.each<readonly [string, Fault, OpenSubject]>([
  ["nested Y.Maps lose edits", "lost edit", nestedMaps],
  ["nested Y.Maps lose records", "lost record", nestedMaps],
  ["nested Y.Maps drop edits silently", "silent drop", nestedMaps],
  ["a delete that clears away what it never saw", "silent drop", clearingUp],
  ["a write that leaves what it supersedes", "false conflict", neverSuperseding],
  ["a fold that ignores tags", "leak", ignoringTags],
  ["a fold that ignores classes", "beaten unseen", ignoringClasses],
])("M37 the checker of histories sees a planted fault: %s", (_, wanted, open) => {
  expect(firstFaults(open, wanted)).toContain(wanted)
})
