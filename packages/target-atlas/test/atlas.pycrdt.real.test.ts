import { ChangeMaker, type Subject, targetSuite } from "@millrace/target/suite"
import type { Change, Receipt } from "@millrace/target"
import { startToxicProxy } from "@millrace/testkit"
import { columnId, sampleCatalog } from "@millrace/workspace"
import { describe, expect, test } from "vitest"
import { catalogueChanges, deliver } from "./catalogue.ts"
import { readWithPython } from "./python-reader.ts"
import { entitiesOf, heldBy, restarted, targetFor, theServer } from "./real-atlas.ts"

const never = { signal: new AbortController().signal }

describe("the suite on a real server", () => {
  let count = 0

  // One server for all cases, each with a namespace of its own; it dies as the way to it is cut.
  async function make(options: { readonly timeoutMs?: number }): Promise<Subject> {
    count += 1
    const namespace = `suite${count}`
    const atlas = await theServer()
    const proxy = await startToxicProxy({ target: { port: atlas.port } })
    return {
      target: targetFor({ url: `http://127.0.0.1:${proxy.port}/` }, { namespace, ...options }),
      held: () => heldBy(atlas, `@${namespace}`),
      die: () => Promise.resolve(proxy.cut()),
      revive: () => Promise.resolve(proxy.pass()),
      world: {
        edit: async (_collection, id, name) => {
          const [entity] = await entitiesOf(atlas, "DataSet", `${id}@${namespace}`)
          await atlas.request("PUT", `api/atlas/v2/entity/guid/${entity?.guid}?name=name`, name)
        },
        // The server adds `createTime`, `retention` and more to every table by itself.
        addDefault: () => {},
      },
      dispose: () => proxy.close(),
    }
  }

  const spoil = (change: Change): Change => ({ ...change, after: JSON.stringify({ labels: ["not a label"] }) })
  for (const { title, run } of targetSuite("state", { make, http: false, spoil, world: ["edit", "default"] }))
    test(title, run)
})

test("T230 a catalogue becomes tables and columns with lineage, as Apache's own client reads it, and a second run writes nothing", async () => {
  const atlas = await theServer()
  const settings = { namespace: "sample", classifications: { PII: { level: "int" } } }
  const target = targetFor(atlas, settings)
  const maker = new ChangeMaker()
  const changes = [
    ...catalogueChanges(maker, sampleCatalog),
    maker.next(
      "daily",
      { name: "daily", inputs: ["shop.sales", "shop.shops"], outputs: ["shop.daily_revenue"] },
      "processes",
    ),
  ]
  const cards = sampleCatalog.find(({ qualifiedName }) => qualifiedName === "shop.loyalty_cards")
  const { qualifiedName: _name, columns: _columns, partitionKeys: _keys, ...fields } = cards ?? expect.unreachable()
  const governed = maker.next("shop.loyalty_cards", {
    ...fields,
    owner: "ann",
    labels: ["gdpr", "small"],
    classifications: { PII: { level: 3 } },
  })
  await deliver(target, [...changes, governed])

  const tables = await entitiesOf(atlas, "hive_table", "@sample")
  expect(tables.map(({ attributes }) => String(attributes["name"])).sort()).toEqual(
    sampleCatalog.map(({ name }) => name).sort(),
  )
  const columns = await entitiesOf(atlas, "hive_column", "@sample")
  expect(columns).toHaveLength(changes.filter(({ collection }) => collection === "columns").length)

  const before = new Map([...tables, ...columns].map(({ guid, updateTime }) => [guid, updateTime]))
  await deliver(target, [...changes, governed])
  // By another process, which remembers nothing, too.
  const other = targetFor(atlas, settings)
  const steps = await other.plan({ binding: "b", changes: [...changes.slice(-1), governed] }, never)
  expect(steps.map(({ action }) => action)).toEqual(["none", "none"])
  await deliver(other, [...changes, governed])
  const after = [
    ...(await entitiesOf(atlas, "hive_table", "@sample")),
    ...(await entitiesOf(atlas, "hive_column", "@sample")),
  ]
  expect(new Map(after.map(({ guid, updateTime }) => [guid, updateTime]))).toEqual(before)

  const read = await readWithPython(atlas.url, "millrace_table", "shop.loyalty_cards@sample")
  expect(read).toMatchObject({
    attributes: { name: "loyalty_cards", comment: cards?.comment, owner: "ann" },
    labels: ["gdpr", "small"],
    classifications: ["PII"],
    columns: cards?.columns?.map(({ name }) => name).sort(),
  })
  const revenue = await readWithPython(atlas.url, "hive_table", "shop.daily_revenue@sample")
  expect(revenue).toMatchObject({
    lineage: ["daily@sample", "shop.daily_revenue@sample", "shop.sales@sample", "shop.shops@sample"],
  })
  await Promise.all([target.close(), other.close()])
})

test("T231 one invalid entity among 500 is refused in Atlas's own words, and the other 499 are there", async () => {
  const atlas = await theServer()
  const target = targetFor(atlas, { namespace: "among500", maxBatchChanges: 500 })
  const maker = new ChangeMaker()
  const changes = Array.from({ length: 500 }, (_, at) =>
    maker.next(
      columnId("big", "column", at),
      { dataset: "big", role: "column", name: `c${at}`, type: "int", position: at === 321 ? 3_000_000_000 : at },
      "columns",
    ),
  )
  const receipts = await halving(changes, (some) => target.apply({ binding: "b", changes: some }, never))
  const failed = receipts.filter(({ outcome }) => outcome === "failed")
  expect(failed).toHaveLength(1)
  expect(failed[0]).toMatchObject({
    eventId: changes[321]?.eventId,
    kind: "invalid",
    reason: expect.stringContaining("position=3000000000: invalid value for type int (ATLAS-404-00-007)") as string,
  })
  const held = await heldBy(atlas, "@among500")
  expect(new Set(held.map(({ eventId }) => eventId))).toEqual(
    new Set(changes.filter((_, at) => at !== 321).map(({ eventId }) => eventId)),
  )
  await target.close()
})

test("T232 owner, description, labels, classifications, terms and business metadata arrive, change and are cleared, and come back when changed in Atlas", async () => {
  const atlas = await theServer()
  const target = targetFor(atlas, {
    namespace: "governed",
    classifications: { PII: { level: "int", note: "string" }, Gold: {} },
    businessMetadata: { ops: { tier: "string", rank: "int" } },
  })
  const maker = new ChangeMaker()
  const base = { database: "d", name: "t", external: false }
  const states = [
    {
      ...base,
      owner: "ann",
      description: "first",
      labels: ["a", "b"],
      classifications: { Gold: {}, PII: { level: 3, note: "x" } },
      terms: ["Order@Sales", "Person@Privacy"],
      businessMetadata: { "ops.rank": 2, "ops.tier": "gold" },
    },
    {
      ...base,
      owner: "bob",
      labels: ["b", "c"],
      classifications: { PII: { level: 4 } },
      terms: ["Person@Privacy", "Receipt@Sales"],
      businessMetadata: { "ops.tier": "silver" },
    },
    base,
    { ...base, comment: "again", labels: ["z"] },
  ]
  for (const state of states) {
    const change = maker.next("d.t", state)
    const [receipt] = await deliver(target, [change])
    expect(receipt).toMatchObject({ observed: change.after })
    const { records } = await target.observe({ workspace: "suite", collections: ["datasets"] }, never)
    expect(records.map(({ id, fields }) => [id, fields])).toEqual([["d.t", change.after]])
    const again = await deliver(target, [change])
    expect(again[0]).toEqual(receipt)
  }
  const [table] = await entitiesOf(atlas, "hive_table", "@governed")
  await atlas.request("PUT", `api/atlas/v2/entity/guid/${table?.guid}?name=comment`, "theirs")
  await atlas.request("POST", `api/atlas/v2/entity/guid/${table?.guid}/labels`, ["theirs", "z"])
  await atlas.request("POST", `api/atlas/v2/entity/guid/${table?.guid}/classifications`, [{ typeName: "Gold" }])
  const { records, complete } = await target.observe({ workspace: "suite", collections: ["datasets"] }, never)
  expect(complete).toBe(true)
  expect(JSON.parse(records[0]?.fields ?? "")).toEqual({
    ...base,
    classifications: { Gold: {} },
    comment: "theirs",
    labels: ["theirs", "z"],
  })
  expect(records[0]?.remote).toMatchObject({ author: "admin", id: table?.guid })

  const unknown = maker.next("d.t", { ...base, classifications: { NoSuch: {} } })
  const [refused] = await target.apply({ binding: "b", changes: [unknown] }, never)
  expect(refused).toMatchObject({ kind: "invalid", reason: expect.stringContaining('"NoSuch"') as string })
  await target.close()
})

test("T233 a table that is deleted goes with its columns, comes back under a new guid, and an older version does not bring it back", async () => {
  const atlas = await theServer()
  const target = targetFor(atlas, { namespace: "deleted" })
  const maker = new ChangeMaker()
  const table = maker.next("d.t", { database: "d", name: "t", external: false })
  const column = maker.next(
    columnId("d.t", "column", 0),
    { dataset: "d.t", role: "column", position: 0, name: "c" },
    "columns",
  )
  // The column comes first: Atlas wants its table, which is there by name until it comes.
  await deliver(target, [column])
  await deliver(target, [table])
  const [first] = await entitiesOf(atlas, "hive_table", "@deleted")
  expect(first?.attributes["name"]).toBe("t")
  const second = maker.next("d.t", { database: "d", name: "t", external: true })
  await deliver(target, [second])
  await deliver(target, [maker.next(column.id, null, "columns"), maker.next("d.t", null)])
  await deliver(target, [second])
  expect(await heldBy(atlas, "@deleted")).toEqual([])
  await deliver(target, [maker.next("d.t", { database: "d", name: "t2", external: true })])
  const [again] = await entitiesOf(atlas, "hive_table", "@deleted")
  expect(again?.attributes["name"]).toBe("t2")
  expect(again?.guid).not.toBe(first?.guid)
  await target.close()
})

test("T234 what others made is adopted with its columns, never written over and never deleted", async () => {
  const atlas = await theServer()
  const target = targetFor(atlas, { namespace: "hooked" })
  await target.apply(
    { binding: "b", changes: [new ChangeMaker().next("mine", { database: "d", name: "mine", external: false })] },
    never,
  )
  const entity = (typeName: string, guid: string, attributes: object, relationshipAttributes: object = {}): object => ({
    typeName,
    guid,
    attributes,
    relationshipAttributes,
  })
  await atlas.request("POST", "api/atlas/v2/entity/bulk", {
    entities: [
      entity("hive_db", "-1", { qualifiedName: "shop@hooked", name: "shop", clusterName: "hooked" }),
      entity(
        "hive_table",
        "-2",
        { qualifiedName: "shop.hooks@hooked", name: "hooks", comment: "by a hook", tableType: "EXTERNAL_TABLE" },
        { db: { guid: "-1", typeName: "hive_db" } },
      ),
      entity(
        "hive_column",
        "-3",
        { qualifiedName: "shop.hooks.a@hooked", name: "a", type: "int", position: 0 },
        { table: { guid: "-2", typeName: "hive_table", relationshipType: "hive_table_columns" } },
      ),
    ],
  })
  const scope = { workspace: "suite", collections: ["datasets", "columns"] }
  const { records } = await target.adopt(scope, never)
  const foreign = records.filter(({ owner }) => owner === "foreign")
  expect(
    foreign.map(({ collection, id, fields, ownerName }) => [collection, id, JSON.parse(fields), ownerName]),
  ).toEqual([
    ["datasets", "shop.hooks", { comment: "by a hook", database: "shop", external: true, name: "hooks" }, "admin"],
    [
      "columns",
      "shop.hooks/column/0",
      { dataset: "shop.hooks", name: "a", position: 0, role: "column", type: "int" },
      "admin",
    ],
  ])
  expect((await target.observe(scope, never)).records.map(({ id }) => id)).toEqual(["mine"])

  const maker = new ChangeMaker()
  const over = maker.next("shop.hooks", { database: "shop", name: "hooks", external: true, comment: "ours" })
  const [refused] = await target.apply({ binding: "b", changes: [over] }, never)
  expect(refused).toMatchObject({ kind: "conflict", reason: expect.stringContaining("left alone") as string })
  await deliver(target, [maker.next("shop.hooks", null)])
  const [table] = (await entitiesOf(atlas, "hive_table", "shop.hooks@hooked")) ?? []
  expect(table).toMatchObject({ typeName: "hive_table", status: "ACTIVE", attributes: { comment: "by a hook" } })
  await target.close()
})

test("T235 types that are there get the attributes that they lack, and what is stored is kept", async () => {
  const atlas = await theServer()
  const maker = new ChangeMaker()
  const first = targetFor(atlas, { namespace: "upgrade" })
  await deliver(first, [maker.next("d.t", { database: "d", name: "t", external: false, rank: 7 })])
  const second = targetFor(atlas, { namespace: "upgrade", collections: { datasets: { fields: { rank: "int" } } } })
  await deliver(second, [maker.next("d.u", { database: "d", name: "u", external: false, rank: 8 })])
  const ranks = (await entitiesOf(atlas, "millrace_table", "@upgrade")).map(({ attributes }) => attributes["rank"])
  expect(ranks).toHaveLength(2)
  expect(new Set(ranks)).toEqual(new Set([null, 8]))
  const { records } = await second.observe({ workspace: "suite", collections: ["datasets"] }, never)
  expect(new Set(records.map(({ fields }) => (JSON.parse(fields) as { rank: number }).rank))).toEqual(new Set([7, 8]))
  await Promise.all([first.close(), second.close()])
})

test("T236 Atlas is killed in the middle of a delivery: nothing is lost, and no entity is there twice", async () => {
  let atlas = await theServer()
  const target = targetFor(atlas, { namespace: "killed", entitiesPerRequest: 25 })
  const maker = new ChangeMaker()
  const changes = Array.from({ length: 300 }, (_, at) =>
    maker.next(`d.t${at}`, { database: "d", name: `t${at}`, external: false, comment: `table ${at}` }),
  )
  let back: Promise<unknown> = Promise.resolve()
  let failures = 0
  for (let at = 0; at < changes.length;) {
    const batch = changes.slice(at, at + 50)
    const call = target.apply({ binding: "b", changes: batch }, never)
    if (at === 150 && failures === 0) {
      // Falls into the call that is under way.
      back = atlas.kill().then(async () => {
        atlas = await restarted()
      })
    }
    const receipts = await call
    if (receipts.every(({ outcome }) => outcome === "accepted")) {
      at += batch.length
      continue
    }
    failures += 1
    for (const receipt of receipts) if (receipt.outcome === "failed") expect(receipt.kind).toBe("retry")
    await back
  }
  expect(failures).toBeGreaterThan(0)
  const names = (await entitiesOf(atlas, "millrace_table", "@killed")).map(({ attributes }) =>
    String(attributes["name"]),
  )
  expect(names.sort()).toEqual(changes.map((_, at) => `t${at}`).sort())
  await target.close()
})

/** As a projector does with batches that are refused as a whole. */
async function halving(
  changes: readonly Change[],
  apply: (changes: readonly Change[]) => Promise<readonly Receipt[]>,
): Promise<readonly Receipt[]> {
  const receipts = await apply(changes)
  const blamed = receipts.flatMap((receipt, at) => (receipt.outcome === "failed" ? [at] : []))
  if (blamed.length === 0 || (blamed.length === 1 && !("wholeBatch" in (receipts[blamed[0] ?? 0] ?? {}))))
    return receipts
  const suspects = blamed.map((at) => changes[at]).filter((change) => change !== undefined)
  const half = Math.ceil(suspects.length / 2)
  const again = [...(await halving(suspects.slice(0, half), apply)), ...(await halving(suspects.slice(half), apply))]
  return [...receipts.filter(({ outcome }) => outcome === "accepted"), ...again]
}
