import { openRecords } from "@millrace/model"
import { type PlatformRecords, platformSchema } from "@millrace/workspace"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { disputesOf } from "../src/workspace/disputes.ts"
import { askTroubles, troublesIn } from "../src/workspace/target-troubles.ts"

function exchange(a: PlatformRecords, b: PlatformRecords): void {
  Y.applyUpdate(b.doc, Y.encodeStateAsUpdate(a.doc), "other")
  Y.applyUpdate(a.doc, Y.encodeStateAsUpdate(b.doc), "other")
}

test("C342 concurrent edits and edits after a delete are listed with every value, and a choice settles them for everybody", () => {
  const [ann, bob] = [openRecords(new Y.Doc(), platformSchema), openRecords(new Y.Doc(), platformSchema)]
  ann.collection("datasets").put("d", { database: "a", name: "d", external: false, comment: "first" })
  exchange(ann, bob)
  ann.collection("datasets").update("d", { comment: "Ann's" })
  bob.collection("datasets").update("d", { comment: "Bob's" })
  exchange(ann, bob)
  const [dispute] = disputesOf(ann, "datasets", "d")
  expect(dispute).toMatchObject({ id: "d", field: "comment", hasWinner: true })
  expect(new Set(dispute?.choices.map(({ value }) => value))).toEqual(new Set(["Ann's", "Bob's"]))
  expect(dispute?.choices[0]?.value).toBe(ann.collection("datasets").get("d")?.comment)
  const loser = dispute?.choices[1]
  if (dispute === undefined || loser === undefined) throw new Error("no dispute")
  ann.collection("datasets").choose("d", dispute, { value: loser.value })
  exchange(ann, bob)
  expect(bob.collection("datasets").get("d")?.comment).toBe(loser.value)
  expect(disputesOf(bob, "datasets", "d")).toEqual([])

  ann.collection("datasets").delete("d")
  bob.collection("datasets").update("d", { comment: "too late" })
  exchange(ann, bob)
  const [late] = disputesOf(ann, "datasets", "d")
  expect(late).toMatchObject({ field: "comment", hasWinner: false, choices: [{ value: "too late" }] })
})

test("C343 why a target does not answer is read from the projector's report; what cannot be asked is no trouble", async () => {
  const report = {
    targets: [{ name: "flume", lastError: "connection refused" }, { name: "files", lastError: null }, 7],
  }
  expect([...troublesIn(report)]).toEqual([["flume", "connection refused"]])
  for (const odd of [undefined, null, "x", {}, { targets: 3 }]) expect(troublesIn(odd).size).toBe(0)
  const asked: string[] = []
  await askTroubles("a b", (path) => Promise.resolve(asked.push(path)))
  expect(asked).toEqual(["/api/workspaces/a%20b/status"])
  expect((await askTroubles("w", () => Promise.reject(new Error("offline")))).size).toBe(0)
})
