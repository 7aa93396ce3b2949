import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { launchBrowser, startFlumeAgent, tempDir, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { openCatalog, waitForRows } from "./support/catalog-page.ts"
import { cli, cliJson } from "./support/cli.ts"
import { type Exported, expectSinkHolds } from "./support/expect-sink.ts"
import { startParts } from "./support/parts.ts"

const tables = ["shop.orders", "shop.returns", "shop.visits", "stock.items"].map((qualifiedName) => {
  const [database, name] = qualifiedName.split(".")
  const columns = [{ name: "id", type: "BIGINT", comment: "key" }]
  return { qualifiedName, database, name, external: false, comment: "as imported", columns, partitionKeys: [] }
})

test("C101 two browsers on disk, relay killed, offline edits, a tab closed and reopened: all converge, Flume has every chain, both pages show it, also offline", async () => {
  const dir = tempDir("two-browsers")
  const agent = await startFlumeAgent({ dir: join(dir, "flume") })
  const parts = await startParts(dir, {
    targets: { flume: { kind: "flume", url: agent.httpUrl } },
    bindings: [{ name: "events", target: "flume", collections: ["datasets", "columns"] }],
  })
  let relay = await parts.startRelay()
  await parts.startProjector()
  const server = ["--workspace", "catalog", "--url", parts.url, "--token", await parts.token("catalog", "write")]
  writeFileSync(join(dir, "tables.json"), JSON.stringify(tables))
  expect((await cli("import", join(dir, "tables.json"), ...server)).code).toBe(0)

  const anna = await launchBrowser({ profileDir: join(dir, "anna") })
  const bert = await launchBrowser({ profileDir: join(dir, "bert") })
  const annasToken = await parts.token("catalog", "write", "--subject", "anna")
  const bertsToken = await parts.token("catalog", "write", "--subject", "bert")
  let a = await openCatalog(anna, parts.url, annasToken)
  const b = await openCatalog(bert, parts.url, bertsToken)
  const imported = tables.map((table) => table.qualifiedName)
  await waitForRows(a, imported, "accepted")
  await waitForRows(b, imported, "accepted")

  await relay.kill("SIGKILL")
  await a.waitForState("offline")
  await b.waitForState("offline")
  await a.openDataset("shop.orders")
  await a.setField("comment", "Anna's comment")
  await a.create("shop.vouchers")
  await b.openDataset("shop.orders")
  await b.setField("location", "hdfs://shop/orders")
  await b.remove("shop.visits")
  await waitFor(async () => (await a.waiting()) === 2, { what: "two records to wait at Anna's" })
  // The dataset and its column.
  await waitFor(async () => (await b.waiting()) === 3, { what: "three records to wait at Bert's" })

  await a.page.close()
  a = await openCatalog(anna, parts.url, annasToken)
  await a.waitForState("offline")
  await a.openDataset("shop.orders")
  expect(await a.field("comment")).toBe("Anna's comment")
  expect(await a.ids()).toContain("shop.vouchers")
  expect(await a.waiting()).toBe(2)

  relay = await parts.startRelay()
  const expected = ["shop.orders", "shop.returns", "shop.vouchers", "stock.items"]
  await a.waitForState("saved")
  await b.waitForState("saved")
  await waitForRows(a, expected, "accepted")
  await waitForRows(b, expected, "accepted")
  const merged = await cliJson<Exported>("export", ...server)
  expect(Object.keys(merged["datasets"] ?? {})).toEqual(expected)
  expect(merged["datasets"]?.["shop.orders"]).toMatchObject({
    comment: "Anna's comment",
    location: "hdfs://shop/orders",
    name: "orders",
  })
  expect(Object.keys(merged["columns"] ?? {})).toEqual([
    "shop.orders/column/0",
    "shop.returns/column/0",
    "stock.items/column/0",
  ])
  for (const each of [a, b]) {
    await each.openDataset("shop.orders")
    await waitFor(async () => (await each.field("comment")) === "Anna's comment", { what: "the merged comment" })
    expect(await each.field("location")).toBe("hdfs://shop/orders")
    expect(await each.targets()).toEqual({ "flume/events": "accepted" })
  }
  const chains = await expectSinkHolds(() => agent.readSink({ until: () => true }), merged)
  expect(chains.versions.get("datasets shop.visits")).toBe(2)

  // No server at all: the page starts from the service worker, and says what it knew.
  await parts.closeFront()
  await relay.kill("SIGKILL")
  for (const [browser, page] of [
    [anna, a],
    [bert, b],
  ] as const) {
    await browser.setOffline(true)
    await page.page.reload()
    await page.waitForState("offline")
    await waitForRows(page, expected, "accepted")
    await page.openDataset("shop.orders")
    expect(await page.targets()).toEqual({ "flume/events": "accepted" })
  }
})
