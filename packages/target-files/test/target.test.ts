import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { Change, Receipt, StateTarget } from "@millrace/target"
import { ChangeMaker } from "@millrace/target/suite"
import { tempDir } from "@millrace/testkit"
import { expect, test } from "vitest"
import { createFilesTarget } from "../src/index.ts"

const never = { signal: new AbortController().signal }
const scope = { workspace: "suite", collections: ["datasets"] }

function freshTarget(): { dir: string; target: StateTarget; folder: string } {
  const dir = join(tempDir("files"), "kept")
  return { dir, target: createFilesTarget("files", { kind: "files", dir }), folder: join(dir, "suite", "datasets") }
}

function apply(target: StateTarget, changes: readonly Change[]): Promise<readonly Receipt[]> {
  return target.apply({ binding: "b", changes }, never)
}

test("T51 a record is the file DIR/workspace/collection/id.json: one line of canonical JSON with its fields and where they come from", async () => {
  const { target, folder } = freshTarget()
  const change = new ChangeMaker().next("sales.orders", { name: "orders", external: true })
  const [receipt] = await apply(target, [change])
  expect(receipt).toEqual({ eventId: change.eventId, outcome: "accepted", observed: change.after })
  const text = await readFile(join(folder, "sales.orders.json"), "utf8")
  expect(text).toBe(
    `{"author":"ann@example.org","collection":"datasets","eventId":"${change.eventId}",` +
      `"fields":{"external":true,"name":"orders"},"generation":1,"hash":"${change.hash}","id":"sales.orders",` +
      `"op":"add","seq":1,"time":"2027-01-15T08:00:00.001Z","version":1,"workspace":"suite"}\n`,
  )
})

test("T52 what is there already is not written again", async () => {
  const { target, folder } = freshTarget()
  const changes = new ChangeMaker().records(2)
  await apply(target, changes)
  const before = await stat(join(folder, "record-0.json"))
  await apply(target, changes)
  const after = await stat(join(folder, "record-0.json"))
  // Every write is a new file under the old name.
  expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs])
})

test("T53 drafts that a killed process left are not records and go with the next start", async () => {
  const { dir, target, folder } = freshTarget()
  const changes = new ChangeMaker().records(2)
  await apply(target, changes)
  await writeFile(join(folder, ".writing-1-1"), '{"half')
  expect((await target.observe(scope, never)).complete).toBe(true)
  await apply(createFilesTarget("files", { kind: "files", dir }), changes)
  expect((await readdir(folder)).sort()).toEqual([".deleted", "record-0.json", "record-1.json"])
})

test("T54 observe reports each file that is not a record or not where it belongs, and is then not complete", async () => {
  const { target, folder } = freshTarget()
  await apply(target, new ChangeMaker().records(2))
  await writeFile(join(folder, "broken.json"), "{")
  await writeFile(join(folder, "list.json"), "[1]")
  await mkdir(join(folder, "folder.json"))
  await writeFile(join(folder, "copy.json"), await readFile(join(folder, "record-0.json")))
  await writeFile(join(folder, "notes.txt"), "not ours to read")
  const { records, complete, problems } = await target.observe(scope, never)
  expect(records.map(({ id }) => id)).toEqual(["record-0", "record-1"])
  expect(complete).toBe(false)
  expect(problems?.map(({ where }) => where)).toEqual(
    ["broken.json", "copy.json", "folder.json", "list.json"].map((name) => join(folder, name)),
  )
})

test("T54 adopt takes also what others put there, by its own id; observe does not", async () => {
  const { target, folder } = freshTarget()
  await apply(target, new ChangeMaker().records(1))
  await writeFile(join(folder, "by-hand.json"), '{ "id": "Theirs", "fields": { "b": 1,\n "a": "x" } }')
  const adopted = await target.adopt(scope, never)
  expect(adopted).toEqual({
    complete: true,
    records: [
      { collection: "datasets", id: "Theirs", fields: '{"a":"x","b":1}' },
      { collection: "datasets", id: "record-0", fields: '{"at":0,"name":"record-0"}' },
    ],
  })
  expect((await target.observe(scope, never)).records.map(({ id }) => id)).toEqual(["record-0"])
})

test("T54 a file that a person laid out anew or edited is observed in canonical form, and set right when applied again", async () => {
  const { target, folder } = freshTarget()
  const changes = new ChangeMaker().records(1)
  await apply(target, changes)
  const path = join(folder, "record-0.json")
  const parsed = JSON.parse(await readFile(path, "utf8")) as { fields: unknown }
  await writeFile(path, JSON.stringify({ ...parsed, fields: { z: 1, name: "mine" } }, null, 2))
  expect((await target.observe(scope, never)).records[0]?.fields).toBe('{"name":"mine","z":1}')
  await apply(target, changes)
  expect((await target.observe(scope, never)).records[0]?.fields).toBe('{"at":0,"name":"record-0"}')
})

test("T55 while DIR itself is missing nothing counts as absent; a collection without a folder is empty", async () => {
  const { dir, target } = freshTarget()
  expect(await target.observe(scope, never)).toMatchObject({ complete: false, problems: [{ where: dir }] })
  await mkdir(dir)
  expect(await target.observe(scope, never)).toEqual({ complete: true, records: [] })
})

test("T56 the log's seq decides before the version, so a projector whose journal was lost goes on; a new generation is always newer", async () => {
  const { target } = freshTarget()
  const [first] = new ChangeMaker().records(1)
  if (first === undefined) return
  const change = (generation: number, seq: number, version: number): Change => ({
    ...first,
    generation,
    seq,
    version,
    eventId: `${generation}-${seq}-${version}`,
    after: `{"at":"${generation}-${seq}-${version}"}`,
  })
  const now = async (): Promise<string | undefined> => (await target.observe(scope, never)).records[0]?.fields
  await apply(target, [change(1, 100, 57)])
  await apply(target, [change(1, 101, 1)])
  expect(await now()).toBe('{"at":"1-101-1"}')
  const [stale] = await apply(target, [change(1, 100, 58)])
  expect(stale).toMatchObject({ outcome: "accepted", observed: '{"at":"1-101-1"}' })
  expect(await now()).toBe('{"at":"1-101-1"}')
  await apply(target, [change(2, 1, 1)])
  await apply(target, [change(1, 500, 500)])
  expect(await now()).toBe('{"at":"2-1-1"}')
})

test("T57 what cannot be written is retry and says what to mend; other records of the batch are kept", async () => {
  const { target, folder } = freshTarget()
  const changes = new ChangeMaker().records(3)
  await mkdir(join(folder, "record-1.json"), { recursive: true })
  const receipts = await apply(target, changes)
  expect(receipts.map(({ outcome }) => outcome)).toEqual(["accepted", "failed", "accepted"])
  expect(receipts[1]).toMatchObject({ kind: "retry", reason: expect.stringMatching(/folder.*move it away/) as string })
  await rm(join(folder, "record-1.json"), { recursive: true })
  expect((await apply(target, changes)).map(({ outcome }) => outcome)).toEqual(Array(3).fill("accepted"))
})

test("T57 a folder that is taken away meanwhile is made again", async () => {
  const { dir, target } = freshTarget()
  const changes = new ChangeMaker().records(3)
  await apply(target, changes)
  await rename(dir, `${dir}-away`)
  const receipts = await apply(target, changes)
  for (const receipt of receipts) expect(receipt).toMatchObject({ outcome: "failed", kind: "retry" })
  expect((await apply(target, changes)).map(({ outcome }) => outcome)).toEqual(Array(3).fill("accepted"))
})

test("T57 a link in a record's place is replaced, and what it points to stays", async () => {
  const { dir, target, folder } = freshTarget()
  const changes = new ChangeMaker().records(1)
  await mkdir(folder, { recursive: true })
  const precious = join(dir, "precious")
  await writeFile(precious, "keep me")
  await symlink(precious, join(folder, "record-0.json"))
  await apply(target, changes)
  expect(await readFile(precious, "utf8")).toBe("keep me")
  expect((await target.observe(scope, never)).records).toHaveLength(1)
})

test("T59 a deletion or a new creation that was cut between its two steps reads as the later of both", async () => {
  const { target, folder } = freshTarget()
  const maker = new ChangeMaker()
  const [added, deleted, again] = [maker.next("r", { n: 1 }), maker.next("r", null), maker.next("r", { n: 3 })]
  const file = join(folder, "r.json")
  const mark = join(folder, ".deleted", "r.json")
  await apply(target, [added])
  const addedText = await readFile(file)
  await apply(target, [deleted])
  const markText = await readFile(mark)
  await writeFile(file, addedText)
  expect((await target.observe(scope, never)).records).toEqual([])
  await apply(target, [added])
  expect((await target.observe(scope, never)).records).toEqual([])
  await apply(target, [deleted])
  await expect(stat(file)).rejects.toThrow(/ENOENT/)
  await apply(target, [again])
  await expect(stat(mark)).rejects.toThrow(/ENOENT/)
  await writeFile(mark, markText)
  expect((await target.observe(scope, never)).records[0]?.fields).toBe('{"n":3}')
  await apply(target, [again])
  await expect(stat(mark)).rejects.toThrow(/ENOENT/)
})
