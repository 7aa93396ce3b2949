import { Buffer } from "node:buffer"
import { systemClock } from "@millrace/ports"
import { startFakeHdfs, startScriptedServer } from "@millrace/testkit"
import { expect, test } from "vitest"
import { hdfsRefusal, WebHdfsClient } from "../src/webhdfs/index.ts"

const call = { signal: new AbortController().signal }
const bytes = Buffer.from("a,ü,漢\n")

function clientAt(...urls: readonly string[]): WebHdfsClient {
  return new WebHdfsClient({
    urls: urls.map((url) => new URL(url)),
    user: "alice",
    clock: systemClock,
    timeoutMs: 2000,
  })
}

const remote = (status: number, exception: string, message: string) => ({
  answer: { status, body: JSON.stringify({ RemoteException: { exception, message } }) },
})

test("T470 a file goes to the DataNode that the NameNode names, in the second request and without our name added", async () => {
  const hdfs = await startFakeHdfs()
  const client = clientAt(hdfs.url)
  expect(await client.write(["a", "b c", "d.csv"], bytes, call)).toEqual({ done: true, value: undefined })
  expect(hdfs.server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    "PUT /webhdfs/v1/a/b%20c/d.csv?op=CREATE&overwrite=false&user.name=alice",
    "PUT /data/a/b%20c/d.csv?op=CREATE&overwrite=false&user.name=alice",
  ])
  expect(hdfs.server.requests.map(({ body }) => body.length)).toEqual([0, bytes.length])
  expect(await client.read(["a", "b c", "d.csv"], call)).toEqual({ done: true, value: "a,ü,漢\n" })
  await client.close()
})

test("T470 files and folders are listed, moved without overwriting, and removed", async () => {
  const hdfs = await startFakeHdfs()
  const client = clientAt(hdfs.url)
  await client.makeFolder(["x", "y"], call)
  await client.write(["x", "1"], bytes, call)
  await client.write(["x", "2"], bytes, call)
  const listed = await client.list(["x"], call)
  expect(listed.done && listed.value.map(({ name, isFolder }) => [name, isFolder])).toEqual([
    ["1", false],
    ["2", false],
    ["y", true],
  ])
  expect(await client.rename(["x", "1"], ["x", "2"], call)).toEqual({ done: true, value: false })
  expect(await client.rename(["x", "1"], ["x", "3"], call)).toEqual({ done: true, value: true })
  expect(await client.replace(["x", "3"], ["x", "2"], call)).toEqual({ done: true, value: undefined })
  expect(await client.rename(["x", "2"], ["x", "3"], call)).toEqual({ done: true, value: true })
  expect(await client.status(["x", "3"], call)).toMatchObject({ done: true, value: { bytes: bytes.length } })
  expect(await client.remove(["x"], call)).toEqual({ done: true, value: true })
  expect(await client.remove(["x"], call)).toEqual({ done: true, value: false })
  expect(await client.status(["x"], call)).toMatchObject({ done: false, fault: "absent" })
  await client.close()
})

test("T471 a standby NameNode hands on to the next; where all are standby it is busy, where none answers unreached", async () => {
  const [first, second] = [await startFakeHdfs(), await startFakeHdfs()]
  const client = clientAt(first.url, second.url)
  const standby = remote(403, "StandbyException", "Operation category WRITE is not supported in state standby")
  first.server.always(standby)
  expect((await client.write(["f"], bytes, call)).done).toBe(true)
  expect([first.files.size, second.files.size]).toEqual([0, 1])
  second.server.always(standby)
  expect(await client.status(["f"], call)).toMatchObject({ done: false, fault: "busy" })
  await first.server.kill()
  await second.server.kill()
  expect(await client.status(["f"], call)).toMatchObject({ done: false, fault: "unreached" })
  await client.close()
})

test.each([
  [403, "AccessControlException", "Permission denied: user=bob, access=WRITE", "denied", "auth"],
  [401, "SecurityException", "Failed to obtain user group information", "denied", "auth"],
  [404, "FileNotFoundException", "File does not exist: /f", "absent", "gone"],
  [403, "FileAlreadyExistsException", "/f already exists", "exists", "conflict"],
  [403, "SafeModeException", "Name node is in safe mode", "safe-mode", "retry"],
  [403, "RetriableException", "Cannot create file. Name node is in safe mode.", "safe-mode", "retry"],
  [403, "RetriableException", "NameNode still not started", "busy", "retry"],
  [403, "DSQuotaExceededException", "The DiskSpace quota of /a is exceeded", "full", "retry"],
  [403, "IOException", "File /f could only be written to 0 of the 1 minReplication nodes.", "full", "retry"],
  [400, "IllegalArgumentException", "Invalid path", "invalid", "invalid"],
  [403, "IOException", "something of today", "busy", "retry"],
] as const)("T472 the answer %i %s (%s) is %s, for a receipt %s", async (status, exception, message, fault, kind) => {
  const hdfs = await startFakeHdfs()
  const client = clientAt(hdfs.url)
  hdfs.server.script(remote(status, exception, `${message}\n\tat org.apache.hadoop.Stack`))
  const result = await client.write(["f"], bytes, call)
  expect(result).toMatchObject({ done: false, fault })
  if (result.done) return
  expect(result.reason).toContain(message)
  expect(result.reason).not.toContain("Stack")
  expect(hdfsRefusal(result)).toMatchObject({ kind })
  await client.close()
})

test("T472 a server that is no WebHDFS, and one that does not answer, are told apart from bad input", async () => {
  const other = await startScriptedServer(() => ({ status: 404, body: "<html>" }))
  const client = clientAt(`${other.url}webhdfs/v1`)
  expect(await client.status(["f"], call)).toMatchObject({ done: false, fault: "foreign" })
  other.always({ drop: "after" })
  expect(await client.status(["f"], call)).toMatchObject({ done: false, fault: "unanswered" })
  other.always(undefined)
  other.script({ answer: { status: 200, body: "{}" } })
  expect(await client.status(["f"], call)).toMatchObject({ done: false, fault: "foreign" })
  await client.close()
})
