import { join } from "node:path"
import { rm, writeFile } from "node:fs/promises"
import { ChangeMaker } from "@millrace/target/suite"
import { atEndOfTests, runProcess, tempDir } from "@millrace/testkit"
import { expect, test } from "vitest"
import { createFilesTarget } from "../src/index.ts"

const never = { signal: new AbortController().signal }

async function run(file: string, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await runProcess({ file, args })
  expect(code, stderr).toBe(0)
}

/** A file system in memory, unmounted at the end. */
async function mounted(options: string): Promise<string> {
  const folder = tempDir("disk")
  await run("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder)
  atEndOfTests(() => run("umount", "-l", folder))
  return folder
}

test("T60 on a full disk receipts are retry and say so, what was there stays whole, and with space all is accepted", async () => {
  const disk = await mounted("size=256k")
  const ballast = join(disk, "ballast")
  await writeFile(ballast, "x".repeat(200_000))
  const target = createFilesTarget("files", { kind: "files", dir: join(disk, "kept") })
  const maker = new ChangeMaker()
  const first = Array.from({ length: 5 }, (_, at) => maker.next(`r${at}`, { text: "small" }))
  const second = Array.from({ length: 20 }, (_, at) => maker.next(`r${at}`, { text: "x".repeat(5000) }))
  expect((await target.apply({ binding: "b", changes: first }, never)).every((r) => r.outcome === "accepted")).toBe(
    true,
  )
  const receipts = await target.apply({ binding: "b", changes: second }, never)
  const failed = receipts.filter((receipt) => receipt.outcome === "failed")
  expect(failed.length).toBeGreaterThan(0)
  for (const receipt of failed) {
    expect(receipt).toMatchObject({
      kind: "retry",
      reason: expect.stringMatching(/disk is full: free some space/) as string,
    })
  }
  const { complete, records } = await target.observe({ workspace: "suite", collections: ["datasets"] }, never)
  expect(complete).toBe(true)
  expect(records.length).toBeGreaterThanOrEqual(5)
  await rm(ballast)
  expect((await target.apply({ binding: "b", changes: second }, never)).every((r) => r.outcome === "accepted")).toBe(
    true,
  )
})

test("T60 on a read-only disk receipts are retry, and check says so before", async () => {
  const disk = await mounted("size=256k")
  const target = createFilesTarget("files", { kind: "files", dir: join(disk, "kept") })
  const changes = new ChangeMaker().records(2)
  await target.apply({ binding: "b", changes: changes.slice(0, 1) }, never)
  await run("mount", "-o", "remount,ro", disk)
  expect(await target.check(never)).toMatchObject({ ok: false, detail: expect.stringMatching(/read-only/) as string })
  const [same, other] = await target.apply({ binding: "b", changes }, never)
  expect(same?.outcome).toBe("accepted")
  expect(other).toMatchObject({ kind: "retry", reason: expect.stringMatching(/read-only/) as string })
})
