import { keyOf } from "../src/status/record-key.ts"
import { canonicalJson, openRecords, type RecordName } from "@millrace/model"
import { type SeededRandom, seededRandom, startToxicProxy, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { openProjectorHand } from "./projector-hand.ts"
import { newBrowser, online, schema, type Stage, startStage, type TestWorkspace } from "./stage.ts"

const unsettled = ["waiting", "pending", "parked", "rejected", "conflict"]
const ids = ["a", "b", "c", "d", "e", "f"]

/** The document that the relay's log gives up to `seq`. */
async function logUpTo(stage: Stage, seq: number): Promise<Y.Doc> {
  const doc = new Y.Doc()
  for await (const entry of stage.store.read("log/w@1", 0)) {
    if (entry.seq <= seq) Y.applyUpdate(doc, entry.payload)
  }
  return doc
}

/** Records of which the client has something that the log up to its own seq does not have. */
async function notInLog(stage: Stage, state: Uint8Array, seq: number): Promise<readonly RecordName[]> {
  const doc = await logUpTo(stage, seq)
  const records = openRecords(doc, schema)
  const found: RecordName[] = []
  records.onTouched((touched) => found.push(...touched.records))
  Y.applyUpdate(doc, state, "client")
  return found
}

function exportText(collection: { all(): ReadonlyMap<string, unknown> } | undefined): string {
  return canonicalJson(Object.fromEntries(collection?.all() ?? []))
}

async function check(stage: Stage, workspace: TestWorkspace): Promise<void> {
  // Both at one moment; the log is read after it.
  const state = Y.encodeStateAsUpdate(workspace.doc)
  const { seq } = workspace.status
  const states = new Map(ids.map((id) => [keyOf("datasets", id), workspace.recordStatus("datasets", id).state]))
  for (const { collection, id } of await notInLog(stage, state, seq)) {
    expect(unsettled, `${id} at ${seq}`).toContain(states.get(keyOf(collection, id)))
  }
}

function edit(random: SeededRandom, workspace: TestWorkspace, round: number): Promise<{ readonly seq: number }> {
  const datasets = workspace.collection("datasets")
  const id = random.pick(ids)
  if (random.chance(0.2)) return datasets.delete(id).durable
  if (datasets.has(id) && random.chance(0.7)) return datasets.update(id, { comment: `${round}` }).durable
  return datasets.put(id, { name: `${round}` }).durable
}

test("C5 no status says more than the relay's log holds, over random edits, lost connections, restarts and reloads", async () => {
  const random = seededRandom()
  const stage = await startStage()
  const proxy = await startToxicProxy({ target: { port: stage.port } })
  const url = `http://127.0.0.1:${proxy.port}`
  const hand = await openProjectorHand(stage)
  const browsers = [newBrowser(), newBrowser()]
  const workspaces = browsers.map((browser) => stage.open({ browser, url }))
  const promised: Promise<void>[] = []
  for (let round = 0; round < 120; round += 1) {
    const at = random.int(2)
    const workspace = workspaces[at]
    const browser = browsers[at]
    if (workspace === undefined || browser === undefined) throw new Error("two of each")
    const chance = random.float()
    if (chance < 0.7) {
      const own: Uint8Array[] = []
      const keep = (update: Uint8Array, _origin: unknown, _doc: Y.Doc, { local }: Y.Transaction): void => {
        if (local) own.push(update)
      }
      workspace.doc.on("update", keep)
      const durable = edit(random, workspace, round)
      workspace.doc.off("update", keep)
      const acked = durable.then(async ({ seq }) => {
        // What was written is in the log at the seq of its ack. What others wrote, and this browser had heard of before
        // it was durable, may come later, when a connection was lost in between.
        for (const update of own) expect(await notInLog(stage, update, seq)).toEqual([])
      })
      promised.push(
        acked.catch((thrown: unknown) => {
          if (!(thrown instanceof Object && "kind" in thrown && thrown.kind === "closed")) throw thrown
        }),
      )
    } else if (chance < 0.8) proxy.resetAll()
    else if (chance < 0.84) {
      await stage.down()
      await check(stage, workspace)
      await stage.up()
    } else if (chance < 0.9) {
      await workspace.close()
      const reopened = stage.open({ browser, url })
      workspaces[at] = reopened
      await reopened.ready
    } else if (chance < 0.95) await hand.watermark(await stage.store.head("log/w@1"))
    else await waitFor(() => workspace.status.connection === "online", { what: "online" })
    await check(stage, workspace)
  }
  for (const workspace of workspaces) {
    await online(workspace)
    await waitFor(() => workspace.status.waiting === 0, { what: "nothing to wait for" })
    await check(stage, workspace)
  }
  await Promise.all(promised)
  await hand.watermark(await stage.store.head("log/w@1"))
  for (const workspace of workspaces) {
    await waitFor(() => ids.every((id) => workspace.recordStatus("datasets", id).state === "accepted"), {
      what: "everything accepted",
      detail: () => JSON.stringify(ids.map((id) => workspace.recordStatus("datasets", id))),
    })
  }
  const [left, right] = workspaces.map((workspace) => workspace.collection("datasets"))
  await waitFor(() => exportText(left) === exportText(right), { what: "both alike" })
}, 60_000)
