import { DocStore, updatesDatabaseName } from "@millrace/indexeddb"
import { systemClock, systemRandom } from "@millrace/ports"
import * as Y from "yjs"
import { waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { newBrowser, online, startStage, token } from "./stage.ts"

test("C10 a token that does not allow the workspace ends in refused, asked once, and nothing local is lost", async () => {
  const stage = await startStage()
  let asked = 0
  const browser = newBrowser()
  const workspace = stage.open({
    browser,
    name: "other",
    token: () => {
      asked += 1
      return token("nobody")
    },
  })
  const write = workspace.collection("datasets").put("d", { name: "kept" })
  await expect(write.durable).rejects.toMatchObject({ kind: "forbidden" })
  expect(workspace.status).toMatchObject({ connection: "refused", waiting: 1, lastError: { kind: "forbidden" } })
  await expect(workspace.collection("datasets").put("e", { name: "e" }).durable).rejects.toMatchObject({
    kind: "forbidden",
  })
  await write.stored
  expect(asked).toBe(1)
  await workspace.close()
  const later = stage.open({ browser, name: "other" })
  await online(later)
  expect([...later.collection("datasets").ids()].sort()).toEqual(["d", "e"])
})

test("C10 an expired token is renewed once, then refused", async () => {
  const stage = await startStage()
  let asked = 0
  const stubborn = stage.open({
    token: () => {
      asked += 1
      return token("write", -60_000)
    },
  })
  await waitFor(() => stubborn.status.connection === "refused", { what: "the refusal" })
  expect(stubborn.status.lastError?.kind).toBe("unauthenticated")
  expect(asked).toBe(2)

  const tokens = [token("write", -60_000), token("write")]
  const renewed = stage.open({ token: () => tokens.shift() ?? token("write") })
  await online(renewed)
})

test("C10 a copy of another generation is refused, asked once, and kept", async () => {
  const stage = await startStage()
  const browser = newBrowser()
  const first = stage.open({ browser })
  await first.collection("datasets").put("d", { name: "old" }).durable
  await first.close()
  // The copy says that it is of a generation that the relay does not have.
  const doc = new Y.Doc()
  const store = new DocStore({
    name: updatesDatabaseName("w"),
    doc,
    indexedDB: browser,
    clock: systemClock,
    random: systemRandom,
    onFault: () => {},
  })
  expect((await store.load(undefined)).generation).toBe(1)
  store.setGeneration(7)
  await store.close()

  const second = stage.open({ browser })
  await waitFor(() => second.status.connection === "refused", { what: "the refusal" })
  expect(second.status).toMatchObject({ lastError: { kind: "generation" }, generation: 7 })
  expect(second.collection("datasets").get("d")).toEqual({ name: "old" })
  await second.collection("datasets").put("e", { name: "still here" }).stored
})

test("C11 a change over the relay's limit is refused for good, with its kind, and not sent again and again", async () => {
  const stage = await startStage({ maxMessageBytes: 50_000, maxPartBytes: 10_000 })
  let asked = 0
  const workspace = stage.open({
    browser: newBrowser(),
    token: () => {
      asked += 1
      return token("write")
    },
  })
  await online(workspace)
  await workspace.collection("datasets").put("fits", { name: "x".repeat(30_000) }).durable
  const write = workspace.collection("datasets").put("big", { name: "x".repeat(60_000) })
  await expect(write.durable).rejects.toMatchObject({ kind: "too-large", retry: "never" })
  expect(workspace.status).toMatchObject({ connection: "refused", waiting: 1, lastError: { kind: "too-large" } })
  await write.stored
  expect(asked).toBe(1)
})

test("C13 a reader sees what others write, and what is edited in its document stays waiting in its browser", async () => {
  const stage = await startStage()
  const reader = stage.open({ role: "read", browser: newBrowser() })
  const writer = stage.open()
  await online(reader)
  expect(reader.status.permission).toBe("read")
  reader.records.collection("datasets").put("mine", { name: "mine" })
  await writer.collection("datasets").put("theirs", { name: "theirs" }).durable
  await waitFor(() => reader.recordStatus("datasets", "theirs").state === "durable", { what: "the others' record" })
  expect(reader.recordStatus("datasets", "mine").state).toBe("waiting")
  expect(reader.status).toMatchObject({ connection: "online", waiting: 1 })
  expect(writer.collection("datasets").has("mine")).toBe(false)
})

test("C12 a token is asked for at every connection", async () => {
  const stage = await startStage()
  let asked = 0
  const workspace = stage.open({
    token: () => {
      asked += 1
      return token("write")
    },
  })
  await online(workspace)
  expect(asked).toBe(1)
  await stage.down()
  await waitFor(() => workspace.status.connection !== "online", { what: "offline" })
  await stage.up()
  await online(workspace)
  expect(asked).toBeGreaterThan(1)
})

test("C12 a token source that fails is asked again, as a relay out of reach", async () => {
  const stage = await startStage()
  let asked = 0
  const workspace = stage.open({
    token: () => {
      asked += 1
      if (asked < 3) throw new Error("the page is offline")
      return token("write")
    },
  })
  await waitFor(() => workspace.status.lastError?.kind === "unavailable", { what: "the error" })
  await online(workspace)
  expect(workspace.status.lastError).toBeUndefined()
})
