import { systemClock } from "@millrace/ports"
import type { Applied, Change, Receipt, StateTarget } from "@millrace/target"
import { ChangeMaker, hostileTexts } from "@millrace/target/suite"
import type { ScriptedRequest } from "@millrace/testkit"
import { expect, test } from "vitest"
import { atlasConfig, createAtlasTarget } from "../src/index.ts"
import { idInName, qualifiedName } from "../src/qualified-name.ts"
import { heldIn } from "./atlas-subject.ts"
import { type FakeAtlas, startFakeAtlas } from "./fake-atlas.ts"

const never = { signal: new AbortController().signal }
const table = { database: "d", name: "t", external: false }

function targetAt({ server }: FakeAtlas, settings: object = {}): StateTarget {
  const config = atlasConfig({ kind: "atlas", url: server.url, ...settings }, "targets.t")
  return createAtlasTarget("t", config, { clock: systemClock })
}

function apply(
  target: StateTarget,
  changes: readonly Change[],
  applied?: readonly (Applied | null)[],
): Promise<readonly Receipt[]> {
  return target.apply({ binding: "b", changes, ...(applied === undefined ? {} : { applied }) }, never)
}

const outcomes = (receipts: readonly Receipt[]): readonly string[] =>
  receipts.map((receipt) => (receipt.outcome === "accepted" ? "accepted" : receipt.kind))

const isBulk = ({ method, url }: ScriptedRequest): boolean => method === "POST" && url === "/api/atlas/v2/entity/bulk"

function bulksOf({ server }: FakeAtlas): readonly { entities: { attributes: Record<string, unknown> }[] }[] {
  return server.requests.filter(isBulk).map(({ body }) => JSON.parse(body.toString("utf8")) as never)
}

test("T222 qualified names are injective and short enough for a URL, and tell an id that was not too long", () => {
  const ids = [...hostileTexts, "%0000", "%002e", "a%", "\ud83d", "\udd3d", "x".repeat(301), "x".repeat(302)]
  const names = ids.map((id) => qualifiedName(id, "ns"))
  expect(new Set(names).size).toBe(new Set(ids).size)
  for (const [at, name] of names.entries()) {
    expect(encodeURIComponent(name).length).toBeLessThan(1000)
    if (!name.startsWith("%#")) expect(idInName(name, "ns")).toBe(ids[at])
  }
  expect(qualifiedName("shop.orders", "cluster1")).toBe("shop.orders@cluster1")
})

test("T223 types are made once, with the attributes that their supertypes lack, and later given what the mapping adds", async () => {
  const atlas = await startFakeAtlas()
  const posts = (method: string): number =>
    atlas.server.requests.filter((one) => one.method === method && one.url.endsWith("/types/typedefs")).length
  const first = targetAt(atlas)
  const maker = new ChangeMaker()
  await apply(first, [maker.next("a", table)])
  await apply(first, [maker.next("b", table)])
  const namesOf = (type: string): readonly string[] =>
    atlas.types.get(type)?.attributeDefs.map(({ name }) => name) ?? []
  expect(namesOf("millrace_table")).toEqual([
    "location",
    "format",
    "source",
    "external",
    "millraceRecord",
    "millraceId",
  ])
  expect(namesOf("millrace_column")).toEqual(["expression", "millraceRecord", "millraceId"])
  expect([posts("POST"), posts("PUT")]).toEqual([1, 0])
  const second = targetAt(atlas, {
    collections: { datasets: { fields: { rank: "int" } } },
    classifications: { PII: {} },
  })
  await apply(second, [maker.next("c", table)])
  expect(namesOf("millrace_table")).toContain("rank")
  expect(namesOf("millrace_table")).toContain("location")
  expect([posts("POST"), posts("PUT")]).toEqual([2, 1])
  await apply(targetAt(atlas), [maker.next("d", table)])
  expect([posts("POST"), posts("PUT")]).toEqual([2, 1])
  atlas.types.delete("hive_table")
  const [refused] = await apply(targetAt(atlas), [maker.next("e", table)])
  expect(refused).toMatchObject({ kind: "retry", reason: expect.stringContaining("superType") as string })
})

test("T223 an attribute that a mapping adds is no change of what was written before it, and holds its field from the next version on", async () => {
  const atlas = await startFakeAtlas()
  const maker = new ChangeMaker()
  const first = maker.next("a", { ...table, rank: 7 })
  await apply(targetAt(atlas), [first])
  const target = targetAt(atlas, { collections: { datasets: { fields: { rank: "int" } } } })
  await apply(target, [maker.next("b", table)])
  const scope = { workspace: "suite", collections: ["datasets"] }
  const { records } = await target.observe(scope, never)
  expect(records.find(({ id }) => id === "a")?.fields).toBe(first.after)
  expect(await target.plan({ binding: "b", changes: [first] }, never)).toMatchObject([{ action: "none" }])
  await apply(target, [maker.next("a", { ...table, rank: 8 })])
  const [entity] = atlas.entities.filter(({ attributes }) => attributes["millraceId"] === "a")
  expect(entity?.attributes["rank"]).toBe(8)
})

test("T224 every mapped attribute is sent, null where the record lacks the field, so that what was removed is cleared", async () => {
  const atlas = await startFakeAtlas()
  const target = targetAt(atlas)
  const maker = new ChangeMaker()
  await apply(target, [maker.next("a", { ...table, comment: "x", location: "hdfs" })])
  const [receipt] = await apply(target, [maker.next("a", { ...table, comment: null })])
  const [entity] = atlas.entities.filter(({ typeName }) => typeName === "millrace_table")
  expect(entity?.attributes).toMatchObject({ comment: null, location: null, name: "t" })
  expect(receipt).toMatchObject({ observed: '{"comment":null,"database":"d","external":false,"name":"t"}' })
})

test("T225 what records refer to goes in the same bulk, once, and only where Atlas lacks it", async () => {
  const atlas = await startFakeAtlas()
  const target = targetAt(atlas)
  const maker = new ChangeMaker()
  atlas.seed({ typeName: "hive_table", attributes: { qualifiedName: "theirs@suite", name: "theirs" } })
  const column = (at: number, dataset: string): Change =>
    maker.next(`${dataset}/column/${at}`, { dataset, role: "column", position: at, name: `c${at}` }, "columns")
  await apply(target, [
    column(0, "d.t"),
    column(1, "d.t"),
    column(0, "theirs"),
    maker.next("p", { name: "p", inputs: ["d.t", "theirs"], outputs: ["d.u"] }, "processes"),
  ])
  expect(bulksOf(atlas)).toHaveLength(1)
  const sent = bulksOf(atlas)[0]?.entities.map(({ attributes }) => String(attributes["qualifiedName"]))
  expect([...(sent ?? [])].sort()).toEqual(
    ["d.t/column/0", "d.t/column/1", "d.t", "d.u", "p", "theirs/column/0"].map((name) => `${name}@suite`).sort(),
  )
  await apply(target, [maker.next("d.t", table), maker.next("d.u", table)])
  const { records } = await target.observe({ workspace: "suite", collections: ["datasets", "processes"] }, never)
  expect(records.map(({ id }) => id).sort()).toEqual(["d.t", "d.u", "p"])
  expect(records.find(({ id }) => id === "p")?.fields).toBe('{"inputs":["d.t","theirs"],"name":"p","outputs":["d.u"]}')
})

test("T226 what the server makes of a value is read back, so the next look differs from nothing", async () => {
  const atlas = await startFakeAtlas()
  atlas.normalise = (text) => text.trim().toLowerCase()
  const target = targetAt(atlas)
  const change = new ChangeMaker().next("a", { ...table, comment: "  Orders " })
  const [receipt] = await apply(target, [change])
  const observed = '{"comment":"orders","database":"d","external":false,"name":"t"}'
  expect(receipt).toMatchObject({ observed })
  const { records } = await target.observe({ workspace: "suite", collections: ["datasets"] }, never)
  expect(records.map(({ fields }) => fields)).toEqual([observed])
})

test("T226 what somebody changes between our write and the look at what came of it is no work of the server: the next look finds it", async () => {
  const atlas = await startFakeAtlas()
  const target = targetAt(atlas)
  const change = new ChangeMaker().next("a", { ...table, comment: "ours" })
  await apply(target, [change])
  const [entity] = atlas.entities.filter(({ typeName }) => typeName === "millrace_table")
  if (entity === undefined) expect.unreachable()
  // As if it came just behind our write.
  atlas.normalise = () => "theirs"
  const next = { ...change, eventId: "e2", version: 2, seq: 2, before: change.after }
  const before = atlas.audit.set.bind(atlas.audit)
  atlas.audit.set = (guid) => before(guid, "somebody else's change")
  const [receipt] = await apply(target, [next])
  expect(receipt).toMatchObject({ observed: change.after })
  const { records } = await target.observe({ workspace: "suite", collections: ["datasets"] }, never)
  expect(JSON.parse(records[0]?.fields ?? "")).toMatchObject({ comment: "theirs" })
})

test("T227 a change made in Atlas is told field by field, an attribute that Atlas fills in is not", async () => {
  const atlas = await startFakeAtlas()
  const target = targetAt(atlas)
  await apply(target, [new ChangeMaker().next("a", { ...table, comment: "x", labels: ["l"] })])
  const [entity] = atlas.entities.filter(({ typeName }) => typeName === "millrace_table")
  if (entity === undefined) expect.unreachable()
  Object.assign(entity.attributes, { comment: "theirs", description: "new", createTime: 5, external: false })
  entity.labels = []
  entity.classifications = [
    { typeName: "PII", attributes: { level: 3 }, entityGuid: entity.guid },
    { typeName: "Inherited", entityGuid: "another" },
  ]
  entity.updatedBy = "bob"
  const { records } = await target.observe({ workspace: "suite", collections: ["datasets"] }, never)
  expect(JSON.parse(records[0]?.fields ?? "")).toEqual({
    ...table,
    comment: "theirs",
    description: "new",
    classifications: { PII: { level: 3 } },
  })
  expect(records[0]?.remote).toMatchObject({ author: "bob", id: entity.guid })
})

test("T228 a listing that breaks off makes an observation that is not complete", async () => {
  const atlas = await startFakeAtlas()
  const target = targetAt(atlas)
  await apply(target, new ChangeMaker().records(3))
  const scope = { workspace: "suite", collections: ["datasets"] }
  const cut = [
    { answer: { status: 200, headers: { "content-length": "5000" }, body: '{"entities":[' }, cutBody: true },
    { answer: { status: 200, body: '{"entities":[{"guid":"x"' } },
    { answer: { status: 500 } },
    { answer: { status: 503 } },
  ]
  for (const step of cut) {
    atlas.server.script({ ...step, only: ({ method, url }) => method === "GET" && url.includes("/entity/bulk") })
    const { complete, problems } = await target.observe(scope, never)
    expect(complete).toBe(false)
    expect(problems).toHaveLength(1)
  }
  expect((await target.observe(scope, never)).complete).toBe(true)
})

test("T229 a second entity that a creation left behind which was not answered is deleted", async () => {
  const atlas = await startFakeAtlas()
  const target = targetAt(atlas)
  const maker = new ChangeMaker()
  const changes = maker.records(3)
  atlas.server.script({ only: isBulk, drop: "after" })
  expect(outcomes(await apply(target, changes))).toEqual(["retry", "retry", "retry"])
  // As two creations that meet do in Atlas.
  const twin = structuredClone(atlas.entities.find(({ attributes }) => attributes["millraceId"] === "record-1"))
  if (twin === undefined) expect.unreachable()
  atlas.seed({ ...twin, guid: "twin" })
  const update = maker.next("record-1", { name: "new" })
  expect(outcomes(await apply(target, [...changes, update]))).toEqual(Array(4).fill("accepted"))
  expect(
    heldIn(atlas.entities)
      .map(({ id, version }) => `${id} ${version}`)
      .sort(),
  ).toEqual(["record-0 1", "record-1 2", "record-2 1"])
})

test("T237 writes of several calls go one at a time", async () => {
  const atlas = await startFakeAtlas()
  const target = targetAt(atlas, { entitiesPerRequest: 2 })
  const maker = new ChangeMaker()
  atlas.server.always({ delayMs: 5 })
  const calls = ["a-", "b-", "c-"].map((prefix) => apply(target, maker.records(4, prefix)))
  expect((await Promise.all(calls)).flatMap(outcomes)).toEqual(Array(12).fill("accepted"))
  const prefixes = bulksOf(atlas).map(({ entities }) => String(entities[0]?.attributes["millraceId"]).slice(0, 2))
  expect(prefixes).toEqual(["a-", "a-", "b-", "b-", "c-", "c-"])
})

test("T238 with what was applied at hand each record is read by its name, whatever the index lists", async () => {
  const atlas = await startFakeAtlas()
  const target = targetAt(atlas)
  const changes = new ChangeMaker().records(3)
  const receipts = await apply(target, changes)
  const rows = changes.map((change, at): Applied & { collection: string; id: string } => {
    const receipt = receipts[at]
    const remote = receipt?.outcome === "accepted" ? (receipt.remote ?? {}) : {}
    const { collection, id, version, after } = change
    return { collection, id, version, sent: after, observed: after, remote, owner: "ours", timeMs: 0 }
  })
  const applied = {
    get: (_collection: string, id: string) => rows.find((row) => row.id === id),
    all: () => rows,
  }
  const [gone] = atlas.entities.filter(({ attributes }) => attributes["millraceId"] === "record-1")
  if (gone !== undefined) gone.status = "DELETED"
  const isSearch = ({ url }: ScriptedRequest): boolean => url.includes("/search/")
  const before = atlas.server.requests.filter(isSearch).length
  const scope = { workspace: "suite", collections: ["datasets"], applied }
  const whole = await target.observe(scope, never)
  expect(whole.complete).toBe(true)
  expect(whole.records.map(({ id }) => id).sort()).toEqual(["record-0", "record-2"])
  const some = await target.observe({ ...scope, records: [{ collection: "datasets", id: "record-2" }] }, never)
  expect(some.records.map(({ id }) => id)).toEqual(["record-2"])
  expect(atlas.server.requests.filter(isSearch).length).toBe(before)
  // What somebody else deleted may be made again under the version that it had.
  expect(outcomes(await apply(target, changes))).toEqual(Array(3).fill("accepted"))
  expect(heldIn(atlas.entities)).toHaveLength(3)
})

test("T239 a classification or business metadata that Atlas does not have refuses its record alone, and is found once it is made", async () => {
  const atlas = await startFakeAtlas()
  const target = targetAt(atlas, { classifications: { PII: {} } })
  const maker = new ChangeMaker()
  const changes = [
    maker.next("a", { ...table, classifications: { PII: {} } }),
    maker.next("b", { ...table, classifications: { Later: {} } }),
    maker.next("c", { ...table, businessMetadata: { "ops.tier": "gold" } }),
    maker.next("d", { ...table, terms: ["no glossary"] }),
  ]
  const receipts = await apply(target, changes)
  expect(outcomes(receipts)).toEqual(["accepted", "invalid", "invalid", "invalid"])
  for (const receipt of receipts) expect(receipt).not.toHaveProperty("wholeBatch")
  const body = JSON.stringify({ classificationDefs: [{ name: "Later", attributeDefs: [] }] })
  await fetch(new URL("api/atlas/v2/types/typedefs", atlas.server.url), { method: "POST", body })
  expect(outcomes(await apply(target, changes.slice(1, 2)))).toEqual(["accepted"])
})
