import { symlinkSync } from "node:fs"
import { join } from "node:path"
import { tempDir } from "@millrace/testkit"
import { expect, test } from "vitest"
import { lockFolder } from "../src/lmdb/index.ts"

test("S200 a folder is locked for one user of a kind, by whatever name it is called, until that lets go", async () => {
  const folder = tempDir("locked")
  const alias = join(tempDir("alias"), "link")
  symlinkSync(folder, alias)
  const lock = await lockFolder(folder, "relay")
  await expect(lockFolder(alias, "relay")).rejects.toMatchObject({
    kind: "conflict",
    message: expect.stringContaining(alias) as string,
  })
  const other = await lockFolder(folder, "other")
  const elsewhere = await lockFolder(tempDir("elsewhere"), "relay")
  await lock.release()
  await lock.release()
  const again = await lockFolder(alias, "relay")
  for (const one of [again, other, elsewhere]) await one.release()
})
