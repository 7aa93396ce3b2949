import { waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { newBrowser, online, startStage } from "./stage.ts"

test("C1 a write made before anything is loaded or connected is stored, then durable, and reaches another browser", async () => {
  const stage = await startStage()
  const ann = stage.open({ browser: newBrowser() })
  const bob = stage.open({ browser: newBrowser() })
  const write = ann.collection("datasets").put("d1", { name: "one" })
  expect(ann.collection("datasets").get("d1")).toEqual({ name: "one" })
  expect(ann.recordStatus("datasets", "d1").state).toBe("waiting")
  expect(ann.status.waiting).toBe(1)
  await write.stored
  const { seq } = await write.durable
  expect(seq).toBe(1)
  expect(ann.status.waiting).toBe(0)
  expect(ann.recordStatus("datasets", "d1")).toMatchObject({ state: "durable", touchedSeq: 1 })
  await waitFor(() => bob.collection("datasets").get("d1"), { what: "Bob to see it" })
  await online(bob)
  expect(bob.recordStatus("datasets", "d1").state).toBe("durable")
})
