import { targetSuite } from "@millrace/target/suite"
import { test } from "vitest"
import { filesSubject } from "./files-subject.ts"

for (const { title, run } of targetSuite("state", { make: filesSubject, http: false, world: ["edit"] }))
  test(title, run)
