import { startToxicProxy, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { online, startStage } from "./stage.ts"

const records = 300

test("C280 progress is in the status while a large workspace arrives; after a cut the rest alone is sent", async () => {
  const stage = await startStage()
  const writer = stage.open()
  await writer.transact(() => {
    for (let n = 0; n < records; n++)
      writer.collection("datasets").put(`d${n}`, { name: `${n} `.repeat(2000).slice(0, 5000) })
  }).durable
  const proxy = await startToxicProxy({ target: { port: stage.port }, toxics: { bytesPerSecond: 500_000 } })
  const joiner = stage.open({ url: `http://127.0.0.1:${proxy.port}` })
  const told: number[] = []
  joiner.onStatus(
    ({ catchingUp }) => void (catchingUp !== undefined && told.push(catchingUp.doneBytes / catchingUp.totalBytes)),
  )
  await waitFor(() => (told.at(-1) ?? 0) > 0.5, { what: "half of it", everyMs: 2, deadlineMs: 30_000 })
  expect(joiner.status.caughtUp).toBe(false)
  const before = proxy.bytesDown
  expect(before).toBeGreaterThan(500_000)
  proxy.resetAll()
  await waitFor(() => joiner.status.catchingUp === undefined, { what: "the cut", everyMs: 1 })
  await waitFor(() => joiner.status.caughtUp, { what: "the rest", deadlineMs: 30_000 })
  await online(joiner)
  expect(joiner.status.catchingUp).toBeUndefined()
  expect(joiner.collection("datasets").get(`d${records - 1}`)).toEqual(
    writer.collection("datasets").get(`d${records - 1}`),
  )
  expect(proxy.bytesDown).toBeLessThan(2_000_000)
  expect(told.every((share) => share >= 0 && share < 1)).toBe(true)
}, 60_000)
