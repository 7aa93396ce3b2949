import { existsSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { expect, test } from "vitest"
import { atEndOfTests, cleanUp } from "../src/cleanup.ts"
import { freePort, tempDir, waitFor } from "../src/index.ts"

test("waitFor gives what the predicate gave", async () => {
  let looks = 0
  expect(await waitFor(() => (++looks === 3 ? "there" : undefined), { what: "three looks", everyMs: 1 })).toBe("there")
})

test("waitFor names what was awaited, the last value, and the detail", async () => {
  const waiting = waitFor(() => 0, { what: "a number", deadlineMs: 5, everyMs: 1, detail: () => "more" })
  await expect(waiting).rejects.toThrow("Waited 5 ms for a number; the last look gave 0.\nmore")
})

test("waitFor takes a throw as not yet, and names it at the end", async () => {
  const waiting = waitFor(
    () => {
      throw new Error("refused")
    },
    { what: "a server", deadlineMs: 5, everyMs: 1 },
  )
  await expect(waiting).rejects.toThrow('the error "refused"')
})

test("a temporary folder goes with the clean-up, later tasks first, and one failure stops none", async () => {
  const order: string[] = []
  const folder = tempDir()
  writeFileSync(join(folder, "file"), "text")
  atEndOfTests(() => void order.push(`first, folder ${existsSync(folder) ? "there" : "gone"}`))
  atEndOfTests(() => {
    order.push("second")
    throw new Error("second failed")
  })
  const takeBack = atEndOfTests(() => void order.push("never"))
  takeBack()
  await expect(cleanUp()).rejects.toThrow("second failed")
  expect(order).toEqual(["second", "first, folder there"])
  expect(existsSync(folder)).toBe(false)
  await cleanUp()
  expect(order).toHaveLength(2)
})

test("a free port can be listened on", async () => {
  const port = await freePort()
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    server.listen(port, "127.0.0.1", resolve)
  })
  server.close()
})
