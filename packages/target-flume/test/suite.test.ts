import { targetSuite } from "@millrace/target/suite"
import { test } from "vitest"
import { fakeSubject, poisonedId } from "./fake-flume.ts"

const cases = targetSuite("log", { make: fakeSubject, http: true, spoil: (change) => ({ ...change, id: poisonedId }) })

for (const { title, run } of cases) test(title, run)
