import { Buffer } from "node:buffer"
import { systemClock } from "@millrace/ports"
import { type OozieServer, startOozie, tempDir } from "@millrace/testkit"
import { beforeAll, expect, test } from "vitest"
import { WebHdfsClient } from "../src/webhdfs/index.ts"

const call = { signal: new AbortController().signal }
let server: OozieServer

beforeAll(async () => {
  server = await startOozie({ dir: tempDir("hdfs"), parts: "hdfs" })
})

function clientFor(user: string, ...before: readonly string[]): WebHdfsClient {
  const urls = [...before, server.webHdfsUrl].map((url) => new URL(url))
  return new WebHdfsClient({ urls, user, clock: systemClock, timeoutMs: 10_000 })
}

test("T473 a real HDFS takes, lists, moves, gives back and removes files with awkward names", async () => {
  const client = clientFor("alice")
  expect(await client.makeFolder(["user", "alice", "in"], call)).toEqual({ done: true, value: undefined })
  expect(await client.status(["user", "alice", "in"], call)).toMatchObject({ value: { permission: "755" } })
  const names = ["plain", "with space", "é漢😀", "100%", "a+b", "q?x#y", "semi;colon", "a=b&c"]
  for (const name of names) {
    const bytes = Buffer.from(`${name}\n`)
    expect(await client.write(["user", "alice", "in", name], bytes, call)).toEqual({ done: true, value: undefined })
    expect(await client.read(["user", "alice", "in", name], call)).toEqual({ done: true, value: `${name}\n` })
  }
  const listed = await client.list(["user", "alice", "in"], call)
  expect(listed.done && listed.value.map(({ name }) => name).sort()).toEqual([...names].sort())
  expect(await client.write(["user", "alice", "in", "plain"], Buffer.from("x"), call)).toMatchObject({
    fault: "exists",
  })
  const again = { ...call, overwrite: true, permission: "640" }
  expect(await client.write(["user", "alice", "in", "plain"], Buffer.alloc(0), again)).toMatchObject({ done: true })
  expect(await client.read(["user", "alice", "in", "plain"], call)).toEqual({ done: true, value: "" })
  expect(await client.status(["user", "alice", "in", "plain"], call)).toMatchObject({
    value: { bytes: 0, owner: "alice", permission: "640" },
  })
  expect(await client.rename(["user", "alice", "in", "plain"], ["user", "alice", "in", "100%"], call)).toEqual({
    done: true,
    value: false,
  })
  expect(await client.replace(["user", "alice", "in", "a+b"], ["user", "alice", "in", "plain"], call)).toMatchObject({
    done: true,
  })
  expect(await client.read(["user", "alice", "in", "plain"], call)).toEqual({ done: true, value: "a+b\n" })
  expect(await client.replace(["user", "alice", "in", "none"], ["user", "alice", "in", "plain"], call)).toMatchObject({
    fault: "absent",
  })
  expect(await client.rename(["user", "alice", "in"], ["user", "alice", "out"], call)).toEqual({
    done: true,
    value: true,
  })
  expect(await client.remove(["user", "alice", "out"], call)).toEqual({ done: true, value: true })
  expect(await client.list(["user", "alice", "out"], call)).toMatchObject({ fault: "absent" })
  await client.close()
})

test("T473 a real HDFS is busy, in safe mode, dead or unwilling, each told apart from a bad name", async () => {
  const [alice, bob] = [clientFor("alice"), clientFor("bob")]
  const bytes = Buffer.from("x")
  expect((await alice.makeFolder(["user", "alice"], call)).done).toBe(true)
  expect((await alice.write(["user", "alice", "f"], bytes, call)).done).toBe(true)
  expect(await bob.write(["user", "alice", "g"], bytes, call)).toMatchObject({ fault: "denied" })
  expect(await bob.remove(["user", "alice"], call)).toMatchObject({ fault: "denied" })
  expect(await alice.write(["user", "alice", "a:b"], bytes, call)).toMatchObject({ fault: "invalid" })
  await server.hdfsSafeMode(true)
  expect(await alice.write(["user", "alice", "h"], bytes, call)).toMatchObject({ fault: "safe-mode" })
  expect(await alice.remove(["user", "alice", "f"], call)).toMatchObject({ fault: "safe-mode" })
  expect((await alice.read(["user", "alice", "f"], call)).done).toBe(true)
  await server.hdfsSafeMode(false)
  const withDead = clientFor("alice", "http://127.0.0.1:1/webhdfs/v1")
  expect((await withDead.write(["user", "alice", "h"], bytes, call)).done).toBe(true)
  await server.hadoop.kill()
  expect(await alice.status(["user", "alice", "f"], call)).toMatchObject({ fault: "unreached" })
  await server.hadoop.start()
  expect(await alice.read(["user", "alice", "f"], call)).toEqual({ done: true, value: "x" })
  await Promise.all([alice.close(), bob.close(), withDead.close()])
})
