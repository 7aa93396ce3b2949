import { join } from "node:path"
import { openRawDocument } from "@millrace/client/node"
import { openRecords, resolutionsOf } from "@millrace/model"
import { silentLog, systemClock, systemRandom } from "@millrace/ports"
import { type BindingSpec, openProjector, type Projector, relayAt, View } from "@millrace/projector"
import { openLmdbStore } from "@millrace/store/lmdb"
import type { ConflictPolicy } from "@millrace/target"
import { atlasConfig, createAtlasTarget } from "@millrace/target-atlas"
import { type AtlasServer, atEndOfTests, startAtlasServer, tempDir, waitFor } from "@millrace/testkit"
import { platformSchema } from "@millrace/workspace"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { type Editor, editor, relayOn, tokenOf } from "./support.ts"

let server: Promise<AtlasServer> | undefined

/** The one server of this file. */
function theAtlas(): Promise<AtlasServer> {
  server ??= startAtlasServer({ dir: tempDir("atlas") })
  return server
}

interface Stage {
  readonly atlas: AtlasServer
  readonly relayUrl: string
  readonly dataDir: string
  readonly projector: Projector
  readonly ann: Editor
}

/** A relay and a projector with one binding to the real Atlas, and somebody who edits workspace `w`. */
async function stageWith(binding: Partial<BindingSpec>, namespace: string): Promise<Stage> {
  const atlas = await theAtlas()
  const dataDir = tempDir("projector-atlas")
  const relay = await relayOn(dataDir)
  const store = await openLmdbStore({ folder: join(dataDir, "projector") })
  const view = View.open(join(dataDir, "view"))
  const auth = { kind: "basic", user: "admin", password: { env: "PASSWORD" } }
  const config = atlasConfig({ kind: "atlas", url: atlas.url, auth, namespace }, "targets.atlas")
  const target = createAtlasTarget("atlas", config, { clock: systemClock, readSecret: () => "admin" })
  const token = (): Promise<string> => tokenOf(dataDir, "projector", "projector")
  const projector = await openProjector({
    store,
    view,
    relay: relayAt({ url: relay.url, token, clock: systemClock, random: systemRandom, log: silentLog }),
    schema: platformSchema,
    targets: [target],
    bindings: [{ name: "catalogue", target: "atlas", collections: ["datasets", "columns", "processes"], ...binding }],
  })
  atEndOfTests(async () => {
    await projector.close()
    await target.close()
    await view.close()
    await store.close()
  })
  return { atlas, relayUrl: relay.url, dataDir, projector, ann: await editor(relay.url, dataDir, "w") }
}

interface Entity {
  readonly guid: string
  readonly attributes: Readonly<Record<string, unknown>>
}

async function tables(atlas: AtlasServer, namespace: string): Promise<readonly Entity[]> {
  const found: Entity[] = []
  for (let offset = 0; ; offset += 100) {
    const query = {
      typeName: "millrace_table",
      excludeDeletedEntities: true,
      limit: 100,
      offset,
      attributes: ["comment"],
    }
    const { body } = await atlas.request("POST", "api/atlas/v2/search/basic", query)
    const page = (body as { readonly entities?: readonly Entity[] }).entities ?? []
    found.push(...page.filter(({ attributes }) => String(attributes["qualifiedName"]).endsWith(`@${namespace}`)))
    if (page.length < 100) return found
  }
}

/** A table's comment in Atlas; undefined while there is no such table. */
async function commentOf(atlas: AtlasServer, name: string): Promise<unknown> {
  const path = `api/atlas/v2/entity/uniqueAttribute/type/millrace_table?attr:qualifiedName=${name}&ignoreRelationships=true`
  const { body } = await atlas.request("GET", path)
  return (body as { readonly entity?: Entity }).entity?.attributes["comment"]
}

async function editInAtlas(atlas: AtlasServer, name: string, comment: string): Promise<void> {
  const path = `api/atlas/v2/entity/uniqueAttribute/type/millrace_table?attr:qualifiedName=${name}`
  const entity = { typeName: "millrace_table", attributes: { comment } }
  expect((await atlas.request("PUT", path, { entity })).status).toBe(200)
}

const patient = { deadlineMs: 180_000, everyMs: 100 }
const fields = { database: "d", name: "t", external: false }

test("J330 one invalid record among 500 is rejected with Atlas's own reason, the other 499 are in Atlas, and deleting 60 % waits for a confirmation", async () => {
  const { atlas, projector, ann } = await stageWith({}, "among")
  const datasets = ann.records.collection("datasets")
  const columns = ann.records.collection("columns")
  ann.doc.transact(() => {
    for (let at = 0; at < 499; at += 1) datasets.put(`d.t${at}`, { ...fields, name: `t${at}` })
    columns.put("d.t0/column/0", { dataset: "d.t0", role: "column", position: 3_000_000_000, name: "c", type: "int" })
  })
  const binding = () => projector.report("w").targets[0]?.bindings[0]
  await waitFor(() => binding()?.synced === 499 && binding()?.pending === 0, {
    what: "499 records in Atlas",
    deadlineMs: 180_000,
    everyMs: 200,
    detail: () => JSON.stringify(projector.report("w")),
  })
  expect(binding()).toMatchObject({ rejected: 1, parked: 0, conflicts: 0 })
  expect(projector.operations.parked("w")).toMatchObject([
    {
      collection: "columns",
      id: "d.t0/column/0",
      kind: "invalid",
      reason: expect.stringContaining("invalid value for type int (ATLAS-404-00-007)") as string,
    },
  ])
  expect(new Set((await tables(atlas, "among")).map(({ attributes }) => attributes["name"]))).toEqual(
    new Set(Array.from({ length: 499 }, (_, at) => `t${at}`)),
  )
  ann.doc.transact(() => {
    for (let at = 0; at < 300; at += 1) datasets.delete(`d.t${at}`)
  })
  const place = { workspace: "w", binding: "catalogue" }
  await waitFor(() => projector.operations.heldDeletions(place).toDelete === 300, {
    what: "the deletions to be held",
    ...patient,
  })
  datasets.update("d.t400", { comment: "goes on" })
  await waitFor(async () => (await commentOf(atlas, "d.t400@among")) === "goes on", {
    what: "others to go on",
    ...patient,
  })
  expect(await tables(atlas, "among")).toHaveLength(499)
  await projector.operations.confirm({ ...place, by: "ann", key: "yes" })
  await waitFor(async () => (await tables(atlas, "among")).length === 199, { what: "the deletions", ...patient })
})

const base = "two people and we"
const theirs = "two people and theirs"
const ours = "three people and we"

/** A field is changed in Atlas and written back; then a client that was offline returns with its older edit of it. */
async function play(onConflict: ConflictPolicy): Promise<Stage> {
  const namespace = `hard-${onConflict}`
  const name = `d.t@${namespace}`
  const stage = await stageWith({ ownership: { datasets: { "*": { owner: "shared", onConflict } } } }, namespace)
  const { ann, atlas, projector } = stage
  const datasets = ann.records.collection("datasets")
  datasets.put("d.t", { ...fields, comment: base })
  await waitFor(async () => (await commentOf(atlas, name)) === base, { what: "the table in Atlas", ...patient })

  // Bob has the table, goes offline and edits.
  const doc = new Y.Doc()
  const records = openRecords(doc, platformSchema)
  const open = async (): Promise<ReturnType<typeof openRawDocument>> => {
    const raw = openRawDocument({
      url: stage.relayUrl,
      token: await tokenOf(stage.dataDir, "write", "bob"),
      workspace: "w",
      doc,
    })
    await raw.synced
    return raw
  }
  const online = await open()
  await waitFor(() => records.collection("datasets").has("d.t"), { what: "bob to see the table", ...patient })
  online.close()
  records.collection("datasets").update("d.t", { comment: ours })

  await editInAtlas(atlas, name, theirs)
  await projector.operations.resync({ workspace: "w", binding: "catalogue" })
  await waitFor(() => datasets.get("d.t")?.comment === theirs, { what: "the write-back", ...patient })
  const back = await open()
  atEndOfTests(() => back.close())
  return stage
}

test.each<[ConflictPolicy, string]>([
  ["ours", ours],
  ["theirs", theirs],
  ["text-merge", "three people and theirs"],
])(
  "J331 a field changed in a real Atlas is written back, then an offline client returns with its older edit, policy %s: both sides hold what it says",
  async (policy, outcome) => {
    const { atlas, ann, projector } = await play(policy)
    const name = `d.t@hard-${policy}`
    await waitFor(async () => (await commentOf(atlas, name)) === outcome, {
      what: `Atlas to say ${outcome}`,
      ...patient,
    })
    const comment = (): unknown => ann.records.collection("datasets").get("d.t")?.comment
    await waitFor(() => comment() === outcome, {
      what: `the document to say ${outcome}`,
      ...patient,
      detail: () => String(comment()),
    })
    // Both may say it before the older edit has gone its way: what counts is that nothing swings once nothing is under way.
    const place = { workspace: "w", binding: "catalogue" }
    const isSettled = async (): Promise<boolean> => {
      const { changed } = await projector.operations.resync(place)
      const both = [await commentOf(atlas, name), comment()]
      return changed === 0 && both.every((one) => one === outcome) && projector.operations.conflicts("w").length === 0
    }
    await waitFor(isSettled, { what: "both to agree", ...patient, everyMs: 500 })
    expect(await isSettled()).toBe(true)
  },
)

test("J332 the same with policy ask: base, ours and theirs are shown, other records go on, and keep ours ends it", async () => {
  const { atlas, ann, projector } = await play("ask")
  const name = "d.t@hard-ask"
  await waitFor(() => projector.operations.conflicts("w").length === 1, { what: "the conflict", ...patient })
  const [conflict] = projector.operations.conflicts("w")
  if (conflict === undefined) expect.unreachable()
  expect(conflict).toMatchObject({
    record: "d.t",
    field: "comment",
    base: JSON.stringify(base),
    ours: JSON.stringify(ours),
    theirs: JSON.stringify(theirs),
  })
  ann.records.collection("datasets").put("d.u", { ...fields, name: "u", comment: "goes on" })
  await waitFor(async () => (await commentOf(atlas, "d.u@hard-ask")) === "goes on", {
    what: "others to go on",
    ...patient,
  })
  expect(await commentOf(atlas, name)).toBe(theirs)
  resolutionsOf(ann.doc).set(conflict.id, { choice: "ours", baseHash: conflict.baseHash, by: "ann" })
  await waitFor(async () => (await commentOf(atlas, name)) === ours, { what: "Atlas to say ours", ...patient })
  await waitFor(() => projector.operations.conflicts("w").length === 0, { what: "the conflict to end", ...patient })
  expect(ann.records.collection("datasets").get("d.t")?.comment).toBe(ours)
})
