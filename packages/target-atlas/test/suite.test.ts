import { targetSuite } from "@millrace/target/suite"
import { test } from "vitest"
import { fakeSubject } from "./atlas-subject.ts"

const cases = targetSuite("state", {
  make: fakeSubject,
  http: true,
  world: ["edit", "cut", "normalise", "default"],
  spoil: (change) => ({ ...change, after: JSON.stringify({ labels: ["not a label"] }) }),
})

for (const { title, run } of cases) test(title, run)
