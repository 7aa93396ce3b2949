import { tempDir } from "@millrace/testkit"
import { test } from "vitest"
import { openLmdbStore } from "../src/lmdb/index.ts"
import { storeSuite } from "../src/suite/index.ts"

const cases = storeSuite(async () => {
  const folder = tempDir("store")
  return { open: (clock) => openLmdbStore({ folder, ...(clock === undefined ? {} : { clock }) }) }
})

for (const { title, run } of cases) test(`S1 lmdb: ${title}`, run)
