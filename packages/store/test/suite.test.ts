import { tempDir } from "@millrace/testkit"
import { test } from "vitest"
import { openLmdbStore } from "../src/lmdb/index.ts"
import { storeSuite } from "../src/suite/index.ts"

const cases = storeSuite(async () => {
  const folder = tempDir("store")
  return { open: (clock) => openLmdbStore({ folder, ...(clock === undefined ? {} : { clock }) }) }
})

for (const { topic, title, run } of cases) {
  if (topic === "streams") test(`S1 lmdb: ${title}`, run)
  if (topic === "snapshots") test(`S54 lmdb: ${title}`, run)
  if (topic === "leases") test(`S55 lmdb: ${title}`, run)
}
