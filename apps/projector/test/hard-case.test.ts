import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { openRawDocument } from "@millrace/client/node"
import { resolutionsOf } from "@millrace/model"
import {
  type BindingSpec,
  openProjector,
  type Projector,
  relayAt,
  type StatusException,
  View,
} from "@millrace/projector"
import { openLmdbStore } from "@millrace/store/lmdb"
import { createFilesTarget } from "@millrace/target-files"
import { atEndOfTests, tempDir, waitFor } from "@millrace/testkit"
import { platformSchema } from "@millrace/workspace"
import { expect, test } from "vitest"
import { type Editor, editor, jsonFiles, relayOn, statusOf, tokenOf } from "./support.ts"

const dataset = { database: "db", name: "t", external: false, comment: "first" }
const place = { workspace: "shop", binding: "copies" }

type Policy = "ask" | "theirs" | "ours"

interface Scene {
  readonly url: string
  readonly data: string
  readonly projector: Projector
  readonly ann: Editor
  readonly comment: () => unknown
}

/** A real relay, the files target and bare clients; then the hard case is played on them. */
async function play(onConflict: Policy): Promise<Scene> {
  const data = tempDir("hard-case")
  const { url } = await relayOn(data)
  const target = createFilesTarget("files", { kind: "files", dir: join(data, "files") })
  const store = await openLmdbStore({ folder: join(data, "projector") })
  const view = View.open(join(data, "view"))
  const ownership = { datasets: { comment: { owner: "shared", onConflict } } } as const
  const binding: BindingSpec = { name: "copies", target: "files", collections: ["datasets"], ownership }
  const projector = await openProjector({
    store,
    view,
    relay: relayAt({ url, token: () => tokenOf(data, "projector", "projector") }),
    schema: platformSchema,
    targets: [target],
    bindings: [binding],
    observe: { copies: {} },
  })
  atEndOfTests(async () => {
    await projector.close()
    await target.close()
    await view.close()
    await store.close()
  })
  const ann = await editor(url, data, "shop")
  ann.records.collection("datasets").put("t", dataset)
  const file = (): string => {
    const [name] = [...jsonFiles(join(data, "files")).keys()]
    return join(data, "files", name ?? "none")
  }
  const content = (): { fields: Record<string, unknown> } => {
    return JSON.parse(readFileSync(file(), "utf8")) as { fields: Record<string, unknown> }
  }
  const isSynced = (): boolean => projector.report("shop").targets[0]?.bindings[0]?.synced === 1
  await waitFor(() => isSynced() && content().fields["comment"] === "first", { what: "the file and its receipt" })
  const bob = await editor(url, data, "shop")
  bob.raw.close()
  bob.records.collection("datasets").update("t", { comment: "bob, offline" })
  const held = content()
  writeFileSync(file(), JSON.stringify({ ...held, fields: { ...held.fields, comment: "edited in the file" } }))
  await projector.operations.resync(place)
  await waitFor(() => ann.records.collection("datasets").get("t")?.comment === "edited in the file", {
    what: "the write-back",
  })
  const back = openRawDocument({
    url,
    token: await tokenOf(data, "write", "bob"),
    workspace: "shop",
    doc: bob.doc,
    generation: 1,
  })
  atEndOfTests(() => back.close())
  await back.synced
  return { url, data, projector, ann, comment: () => content().fields["comment"] }
}

const said = (ann: Editor): unknown => ann.records.collection("datasets").get("t")?.comment

test.each([
  ["ours", "bob, offline"],
  ["theirs", "edited in the file"],
] as const)(
  "J206 over a real relay: an offline browser returns behind a write-back that it had not seen, policy %s",
  async (policy, outcome) => {
    const { ann, comment, projector } = await play(policy)
    await waitFor(() => comment() === outcome && said(ann) === outcome, {
      what: `both sides to say ${outcome}`,
      detail: () => JSON.stringify([comment(), said(ann), projector.report("shop")]),
    })
  },
)

test("J207 over a real relay: the conflict is in the status document, and keep ours in $resolutions ends it", async () => {
  const { url, data, ann, comment } = await play("ask")
  const status = await statusOf(url, data, "shop")
  const conflicts = (): StatusException["conflicts"] =>
    status.getMap<StatusException>("exceptions").get(JSON.stringify(["files", "copies", "datasets", "t"]))?.conflicts
  const [conflict] = (await waitFor(conflicts, { what: "the conflict" })) ?? []
  expect(conflict).toMatchObject({
    field: "comment",
    base: '"first"',
    ours: '"bob, offline"',
    theirs: '"edited in the file"',
  })
  expect(comment()).toBe("edited in the file")
  const answer = { choice: "ours", baseHash: conflict?.baseHash ?? "", by: "ann" } as const
  resolutionsOf(ann.doc).set(conflict?.id ?? "", answer)
  await waitFor(() => comment() === "bob, offline" && conflicts() === undefined, { what: "the end of the conflict" })
  expect(said(ann)).toBe("bob, offline")
  await waitFor(() => resolutionsOf(ann.doc).size === 0, { what: "the answer to be taken off" })
})
