import { writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { atEndOfTests, freePort, runProcess, seededRandom, tempDir, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import type * as Y from "yjs"
import { editor, jsonFiles, relayOn, statusOf, tokenOf, worker } from "./support.ts"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))
const dataset = { database: "db", name: "t", external: false }

function seqShown(status: Y.Doc, key = "files/files"): number {
  return (status.getMap<{ readonly seq: number }>("watermarks").get(key) ?? { seq: 0 }).seq
}

/** Runs the program to its end and gives its exit code and what it said. */
async function ended(...args: readonly string[]): Promise<readonly [number | null, string]> {
  const { code, stderr } = await runProcess({ file: process.execPath, args: ["--conditions=source", main, ...args] })
  return [code, stderr]
}

test("J41 without a configuration datasets and columns become files, and the status document says so", async () => {
  const data = tempDir("worker")
  const relay = await relayOn(data)
  const ann = await editor(relay.url, data, "shop")
  ann.records.collection("datasets").put("db.t", dataset)
  const seq = await ann.raw.flushed()
  const process = await worker(["--relay", relay.url, "--data", data])
  const status = await statusOf(relay.url, data, "shop")
  await waitFor(() => seqShown(status) === seq, { what: "the watermark", detail: () => process.stderr })
  expect([...jsonFiles(join(data, "files")).values()]).toEqual([
    expect.objectContaining({ workspace: "shop", collection: "datasets", id: "db.t", fields: dataset, author: "ann" }),
  ])
  const token = await tokenOf(data, "read", "ann", "shop")
  const answer = await fetch(`${process.ready}/workspaces/shop/status?seq=${seq}`, {
    headers: { authorization: `Bearer ${token}` },
  })
  expect(await answer.json()).toMatchObject({ position: seq, targets: [{ name: "files", bindings: [{ synced: 1 }] }] })
  const strange = await fetch(`${process.ready}/workspaces/other/status`, {
    headers: { authorization: `Bearer ${token}` },
  })
  expect(strange.status).toBe(403)
  expect((await fetch(`${process.ready}/readyz`)).status).toBe(200)
  expect(await process.kill("SIGTERM")).toEqual({ code: 0, signal: null })
  expect(process.stderr + process.stdout).not.toContain("eyJ")
})

test("J42 killed again and again while edits go on, the worker ends with the merged state in the target and in the status", async () => {
  const random = seededRandom()
  const data = tempDir("killed")
  const relay = await relayOn(data)
  const ann = await editor(relay.url, data, "shop")
  const datasets = ann.records.collection("datasets")
  const status = await statusOf(relay.url, data, "shop")
  let process = await worker(["--relay", relay.url, "--data", data])
  for (let kill = 0; kill < 4; kill++) {
    for (let n = 0; n < 10; n++) {
      datasets.put(`db.t${random.int(5)}`, { ...dataset, name: `t${random.int(100)}` })
      await ann.raw.flushed()
    }
    await process.kill("SIGKILL")
    process = await worker(["--relay", relay.url, "--data", data])
  }
  datasets.put("db.t0", dataset)
  datasets.delete("db.t0")
  const seq = await ann.raw.flushed()
  await waitFor(() => seqShown(status) === seq, { what: "the watermark", detail: () => process.stderr })
  const held = [...jsonFiles(join(data, "files")).values()] as readonly { id: string; fields: unknown }[]
  const merged = [...datasets.all()].map(([id, fields]) => [id, { ...fields }])
  // A deleted record leaves a file that says so.
  const living = held.filter(({ fields }) => fields !== null)
  expect(new Map(living.map(({ id, fields }) => [id, fields]))).toEqual(new Map(merged as [string, unknown][]))
  expect(status.getMap("exceptions").size).toBe(0)
  expect(await process.kill("SIGINT")).toEqual({ code: 0, signal: null })
})

test("J43 a relay and a target that are dead at the start end nothing: both are visible, and both are served when they come", async () => {
  const data = tempDir("dead")
  const [relayPort, flumePort] = [await freePort(), await freePort()]
  const config = join(data, "millrace.json")
  writeFileSync(
    config,
    JSON.stringify({
      dataDir: ".",
      targets: { events: { kind: "flume", url: `http://127.0.0.1:${flumePort}/` } },
      bindings: [{ name: "all", target: "events", collections: ["datasets"] }],
    }),
  )
  const process = await worker(["--relay", `http://127.0.0.1:${relayPort}`, "--config", config])
  const ready = await fetch(`${process.ready}/readyz`)
  expect([ready.status, await ready.json()]).toEqual([503, { ready: false, detail: "the relay is not connected" }])
  expect((await fetch(`${process.ready}/livez`)).status).toBe(200)
  const relay = await relayOn(data, relayPort)
  const ann = await editor(relay.url, data, "shop")
  ann.records.collection("datasets").put("db.t", dataset)
  const seq = await ann.raw.flushed()
  const authorization = `Bearer ${await tokenOf(data, "read")}`
  const report = async (): Promise<{ readonly position: number; readonly targets: readonly unknown[] }> => {
    const response = await fetch(`${process.ready}/workspaces/shop/status`, { headers: { authorization } })
    return (await response.json()) as { readonly position: number; readonly targets: readonly unknown[] }
  }
  await waitFor(async () => (await report()).position === seq, { what: "the relay's log to be read" })
  expect((await report()).targets).toMatchObject([
    {
      name: "events",
      kind: "flume",
      lastError: expect.any(String) as string,
      bindings: [{ pending: 1, watermark: 0 }],
    },
  ])
  const bodies: unknown[] = []
  const flume = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on("data", (part: Buffer) => void parts.push(part))
    request.on("end", () => {
      const text = Buffer.concat(parts).toString("utf8")
      if (text !== "") bodies.push(...(JSON.parse(text) as unknown[]))
      response.end()
    })
  })
  await new Promise<void>((resolve) => void flume.listen(flumePort, "127.0.0.1", resolve))
  expect((flume.address() as AddressInfo).port).toBe(flumePort)
  atEndOfTests(() => void flume.close())
  const status = await statusOf(relay.url, data, "shop")
  await waitFor(() => seqShown(status, "events/all") === seq, {
    what: "the target to be served",
    deadlineMs: 60_000,
    detail: () => process.stderr,
  })
  expect(bodies).toMatchObject([{ headers: { "millrace-record": "db.t", "millrace-version": "1" } }])
  expect(await process.kill("SIGTERM")).toEqual({ code: 0, signal: null })
}, 90_000)

test("J44 a wrong command line or configuration ends with 64 and names what is wrong", async () => {
  const data = tempDir("usage")
  const relay = "http://127.0.0.1:9"
  const config = join(data, "millrace.json")
  const configured = (value: unknown): string => {
    writeFileSync(config, JSON.stringify(value))
    return config
  }
  expect(await ended("--data", data)).toEqual([64, expect.stringContaining("--relay")])
  expect(await ended("--relay", "nowhere", "--data", data)).toEqual([64, expect.stringContaining("origin")])
  expect(await ended("--relay", relay, "--data", data, "--config", join(data, "none.json"))).toEqual([
    64,
    expect.stringContaining("none.json"),
  ])
  const unknown = configured({ targets: { x: { kind: "strange" } }, bindings: [] })
  expect(await ended("--relay", relay, "--data", data, "--config", unknown)).toEqual([
    64,
    expect.stringContaining("targets.x.kind"),
  ])
  const unbound = configured({ targets: {}, bindings: [{ name: "b", target: "gone", collections: ["datasets"] }] })
  const [code, text] = await ended("--relay", relay, "--data", data, "--config", unbound)
  expect(code).toBe(64)
  expect(text).toContain("gone")
}, 60_000)

test("J44 a port that is taken and a data folder that cannot be written are clear errors", async () => {
  const data = tempDir("taken")
  const taken = createServer()
  await new Promise<void>((resolve) => void taken.listen(0, "127.0.0.1", resolve))
  atEndOfTests(() => void taken.close())
  const { port } = taken.address() as AddressInfo
  const relay = ["--relay", "http://127.0.0.1:9"]
  expect(await ended(...relay, "--data", data, "--listen", `127.0.0.1:${port}`)).toEqual([
    64,
    expect.stringContaining(`127.0.0.1:${port}`),
  ])
  const file = join(data, "file")
  writeFileSync(file, "")
  const [code, text] = await ended(...relay, "--data", file)
  expect(code).toBe(1)
  expect(text).toContain(file)
}, 60_000)

test("J45 a worker that was started with its parent ends when the parent is gone", async () => {
  const data = tempDir("parent")
  const { code } = await runProcess({
    file: process.execPath,
    args: ["--conditions=source", main, "--relay", "http://127.0.0.1:9", "--data", data, "--with-parent"],
    stdin: "",
  })
  expect(code).toBe(0)
})
