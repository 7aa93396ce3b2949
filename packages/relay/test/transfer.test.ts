import { MillraceError } from "@millrace/ports"
import { seededRandom, tempDir } from "@millrace/testkit"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { writeLog } from "../src/transfer/log-lines.ts"
import { connect, RawClient } from "./support/raw-client.ts"
import { openGatedStore, updatesIn } from "./support/relay.ts"
import { startAdminStage as start, refusal, valueIn } from "./support/admin-stage.ts"

test("R335 a log that is exported and imported elsewhere is the same: seqs, authors, times, bytes; sent again it changes nothing", async () => {
  const from = await start()
  const random = seededRandom()
  for (const who of ["ann", "bob"]) {
    const one = await connect(from.ws, await from.token({ "*": "write" }, 60_000, who), "w")
    for (let n = 0; n < 20; n++) {
      one.doc.getText("t").insert(random.int(one.doc.getText("t").length + 1), who.repeat(1 + random.int(200)))
      if (random.chance(0.3)) one.doc.getText("t").delete(0, 2)
    }
    await one.durable()
  }
  const exported = await from.call("GET", "/workspaces/w/export")
  const file = exported.body as string
  expect(file.split("\n")).toHaveLength((await from.store.head("log/w@1")) + 3)
  const to = await start()
  const seq = await from.store.head("log/w@1")
  expect(await to.call("POST", "/workspaces/copy/import", { body: file })).toEqual({
    status: 200,
    body: { workspace: "copy", generation: 1, seq },
  })
  expect(await updatesIn(to.store, "log/copy@1")).toEqual(await updatesIn(from.store, "log/w@1"))
  const again = await to.call("GET", "/workspaces/copy/export")
  const entries = (text: string): readonly string[] => text.split("\n").slice(1, -2)
  expect(entries(again.body as string)).toEqual(entries(file))
  expect(await to.call("POST", "/workspaces/copy/import", { body: file })).toMatchObject({ status: 200, body: { seq } })
  const copy = await connect(to.ws, await to.token({ "*": "write" }), "copy")
  copy.doc.getMap("m").set("x", 1)
  await copy.durable()
  expect(await to.call("POST", "/workspaces/copy/import", { body: file })).toMatchObject({
    status: 409,
    body: refusal("conflict"),
  })
})

test("R335 a log that was compacted is exported and imported with the same seqs, authors, times and content", async () => {
  const from = await start({ compaction: { keepEntries: 0 } })
  const one = await from.edit("w", "x")
  for (let n = 0; n < 50; n++) {
    one.doc.getText("t").insert(0, `edit ${n}, `)
    await one.durable()
  }
  await from.relay.compact({ name: "w", status: false, generation: 1 })
  one.doc.getText("t").insert(0, "after, ")
  await one.durable()
  const trimmed = await from.store.trimmed("log/w@1")
  const file = (await from.call("GET", "/workspaces/w/export")).body as string
  const to = await start()
  const answer = await to.call("POST", "/workspaces/w/import", { body: file })
  expect(answer).toMatchObject({ status: 200, body: { seq: 52 } })
  const copy = await connect(to.ws, await to.token({ "*": "read" }), "w")
  expect(Y.encodeStateAsUpdate(copy.doc)).toEqual(Y.encodeStateAsUpdate(one.doc))
  const facts = async ({ store }: typeof from): Promise<unknown> =>
    (await store.history("log/w@1", 0, 100)).map(({ seq, author, timeMs }) => ({ seq, author, timeMs }))
  expect(await facts(to)).toEqual(await facts(from))
  expect(trimmed).toBeGreaterThan(0)
})

test("R336 a damaged file is refused by its line and nothing of it is kept; one that is too large is not read", async () => {
  const { call, edit, store } = await start({ limits: { maxImportBytes: 20_000 } })
  await edit("w", "x")
  const file = (await call("GET", "/workspaces/w/export")).body as string
  const lines = file.split("\n")
  const [head = "", entry = "", end = ""] = lines
  const update = (JSON.parse(entry) as { update: string }).update
  const damaged: readonly [string, RegExp][] = [
    ["", /ends before its last line/],
    [`${head}\n${entry}\n`, /ends before its last line/],
    [`${head}\n${end}\n`, /not those that were exported/],
    [file.replace("ann", "eve"), /not those that were exported/],
    [file.replace('"version":1', '"version":2'), /Line 1 .*version/],
    [file.replace('"seq":1', '"seq":2'), /Line 2 .*seq must be 1/],
    [file.replace(update, "!!"), /base64/],
    [`${file}more\n`, /follows the end/],
    ["x", /Line 1/],
  ]
  for (const [body, why] of damaged) {
    const answer = await call("POST", "/workspaces/new/import", { body })
    expect(answer, body.slice(0, 60)).toMatchObject({ status: 400, body: refusal("corrupt") })
    expect(JSON.stringify(answer.body)).toMatch(why)
  }
  expect(await call("POST", "/workspaces/new/import", { body: "x".repeat(20_001) })).toMatchObject({ status: 413 })
  expect(await store.head("log/new@1")).toBe(0)
  expect(await call("GET", "/workspaces/new")).toMatchObject({ status: 200, body: { seq: 0 } })
})

test("R336 an update that is no update, or that needs what is not there, is refused though the file is whole", async () => {
  const { call, store } = await start()
  const doc = new Y.Doc()
  doc.getText("t").insert(0, "a")
  const before = Y.encodeStateVector(doc)
  doc.getText("t").insert(1, "b")
  for (const update of [new Uint8Array([9, 9, 9]), Y.encodeStateAsUpdate(doc, before)]) {
    const entries = async function* () {
      yield { seq: 1, author: "a", timeMs: 1, update }
    }
    let body = ""
    for await (const line of writeLog({ workspace: "w", generation: 1 }, entries())) body += line
    expect(await call("POST", "/workspaces/w/import", { body })).toMatchObject({
      status: 400,
      body: refusal("corrupt"),
    })
  }
  expect(await store.head("log/w@1")).toBe(0)
})

test("R337 an import that was cut is open to nobody, over a restart too, until the same file is sent again", async () => {
  const from = await start()
  const one = await from.edit("w", "x")
  for (let n = 0; n < 6; n++) {
    one.doc.getMap("m").set(`${n}`, "y".repeat(200_000))
    await one.durable()
  }
  const file = (await from.call("GET", "/workspaces/w/export")).body as string
  const store = await openGatedStore()
  const dataDir = tempDir("cut")
  const first = await start({ store, dataDir })
  const waiting = await connect(first.ws, await first.token({ "*": "write" }), "w")
  // The catalogue's entry and the first group pass, then the disk fails.
  const pass = store.appends + 2
  const inner = store.append.bind(store)
  store.append = (...args) => {
    if (store.appends >= pass) return Promise.reject(new MillraceError("The disk is full.", { kind: "storage" }))
    return inner(...args)
  }
  expect(await first.call("POST", "/workspaces/w/import", { body: file })).toMatchObject({ status: 503 })
  expect(await waiting.client.hear("error")).toMatchObject({ kind: "unavailable", retry: { afterMs: 200 } })
  const done = await store.head("log/w@1")
  expect(done).toBeGreaterThan(0)
  expect(done).toBeLessThan(7)
  await first.relay.close()
  store.append = inner
  const second = await start({ store, dataDir })
  const client = new RawClient(second.ws, await second.token({ "*": "write" }))
  await client.hear("hello")
  client.open(1, "w")
  expect(await client.hear("error")).toMatchObject({ kind: "unavailable", retry: { afterMs: 1000 } })
  const other = await second.call("POST", "/workspaces/w/import", { body: file.replaceAll("ann", "eve") })
  expect(other.status).toBe(400)
  expect(await second.call("POST", "/workspaces/w/import", { body: file })).toMatchObject({
    status: 200,
    body: { seq: 7 },
  })
  expect(await updatesIn(store, "log/w@1")).toEqual(await updatesIn(from.store, "log/w@1"))
  expect(valueIn(await connect(second.ws, await second.token({ "*": "read" }), "w"))).toBe("x")
})
