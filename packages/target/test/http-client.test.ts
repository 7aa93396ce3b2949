import { MillraceError, systemClock } from "@millrace/ports"
import { fakeClock, freePort, type ScriptedServer, startScriptedServer, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import {
  basicAuthenticator,
  bearerAuthenticator,
  HttpClient,
  type HttpClientOptions,
  type HttpOutcome,
  type HttpRequest,
} from "../src/index.ts"

function clientOf(servers: readonly (ScriptedServer | string)[], options: Partial<HttpClientOptions> = {}): HttpClient {
  const urls = servers.map((server) => new URL(typeof server === "string" ? server : server.url))
  return new HttpClient({ urls, clock: systemClock, timeoutMs: 20_000, ...options })
}

function post(client: HttpClient, request: Partial<HttpRequest> = {}): Promise<HttpOutcome> {
  return client.request({ method: "POST", body: Buffer.from("x"), signal: new AbortController().signal, ...request })
}

async function deadUrl(): Promise<string> {
  return `http://127.0.0.1:${await freePort()}/`
}

test("T23 where no connection comes about the next host gets the request at once, and the preferred one is used again after its rest", async () => {
  const [first, second] = [await startScriptedServer(), await startScriptedServer()]
  const clock = fakeClock()
  const client = clientOf([first, second], { clock, hostRestMs: 1000 })
  await first.kill()
  expect(await post(client)).toMatchObject({ type: "answer", status: 200, host: new URL(second.url).host })
  await first.revive()
  await post(client)
  expect([first.requests.length, second.requests.length]).toEqual([0, 2])
  clock.advance(1000)
  await post(client)
  expect([first.requests.length, second.requests.length]).toEqual([1, 2])
  await client.close()
})

test("T23 when no host can be reached, the reason names each of them", async () => {
  const urls = [await deadUrl(), await deadUrl()]
  const client = clientOf(urls)
  const outcome = await post(client)
  expect(outcome.type).toBe("unreached")
  for (const url of urls)
    expect(outcome).toMatchObject({ reason: expect.stringContaining(new URL(url).host) as string })
  await client.close()
})

test("T23 a status named in failoverStatuses is the next host's turn; when all say so, it is the answer", async () => {
  const [first, second] = [await startScriptedServer(), await startScriptedServer()]
  const client = clientOf([first, second], { failoverStatuses: [503] })
  first.script({ answer: { status: 503 } })
  expect(await post(client)).toMatchObject({ status: 200, host: new URL(second.url).host })
  first.always({ answer: { status: 503 } })
  second.always({ answer: { status: 503 } })
  expect(await post(client)).toMatchObject({ type: "answer", status: 503 })
  await client.close()
})

test("T24 a request that was sent and not answered is unknown: no other host gets it, and the next request begins elsewhere", async () => {
  const [first, second] = [await startScriptedServer(), await startScriptedServer()]
  const client = clientOf([first, second], { timeoutMs: 300 })
  first.script({ hang: "after" })
  expect(await post(client)).toMatchObject({ type: "unknown", reason: expect.stringContaining("300 ms") as string })
  expect(second.requests).toHaveLength(0)
  expect(await post(client)).toMatchObject({ status: 200 })
  expect(second.requests).toHaveLength(1)
  first.script({ drop: "before" })
  const other = clientOf([first])
  expect(await post(other, { repeatable: false })).toMatchObject({ type: "unknown" })
  await Promise.all([client.close(), other.close()])
})

test("T24 a request's own timeoutMs shortens the client's", async () => {
  const server = await startScriptedServer()
  const client = clientOf([server])
  server.script({ hang: "before" })
  expect(await post(client, { timeoutMs: 50 })).toMatchObject({
    type: "unknown",
    reason: expect.stringContaining("50 ms") as string,
  })
  await client.close()
})

test("T25 connections are kept, and one that the server closed meanwhile costs a repeat, unless repeating does harm", async () => {
  const server = await startScriptedServer()
  const client = clientOf([server])
  await post(client)
  await post(client)
  expect(server.requests.map((request) => request.connection)).toEqual([1, 1])
  // The cut of a kept connection before anything of the request was answered.
  server.script({ drop: "before" })
  expect(await post(client)).toMatchObject({ type: "answer", status: 200 })
  expect(server.requests.map((request) => request.connection)).toEqual([1, 1, 1, 2])
  server.script({ drop: "before" })
  expect(await post(client, { repeatable: false })).toMatchObject({ type: "unknown" })
  await client.close()
})

test("T25 a kept connection is closed after idleTimeoutMs of silence", async () => {
  const server = await startScriptedServer()
  const client = clientOf([server], { idleTimeoutMs: 30 })
  await post(client)
  await waitFor(
    async () => {
      await post(client)
      return server.requests.at(-1)?.connection !== 1
    },
    { what: "a new connection", everyMs: 100 },
  )
  await client.close()
})

test("T26 an answer that is too long, or breaks off, keeps its status, and the beginning of its body", async () => {
  const server = await startScriptedServer()
  const client = clientOf([server], { maxResponseBytes: 1000 })
  server.script({ answer: { status: 400, body: "x".repeat(5_000_000) } })
  expect(await post(client)).toMatchObject({ status: 400, body: "x".repeat(1000), truncated: true })
  server.script({ answer: { status: 200, headers: { "content-length": "100" }, body: "short" }, cutBody: true })
  expect(await post(client)).toMatchObject({ status: 200, body: "short", truncated: true })
  expect(await post(client)).toMatchObject({ status: 200, truncated: false })
  await client.close()
})

test("T28 a redirect is an answer and is not followed", async () => {
  const [server, elsewhere] = [await startScriptedServer(), await startScriptedServer()]
  const client = clientOf([server], { authenticator: bearerAuthenticator(() => "secret") })
  server.script({ answer: { status: 307, headers: { location: elsewhere.url } } })
  expect(await post(client)).toMatchObject({ status: 307 })
  expect(elsewhere.requests).toHaveLength(0)
  await client.close()
})

test("T29 credentials are asked for before each attempt and sent as the scheme has it", async () => {
  const server = await startScriptedServer()
  const tokens = ["one", "two\n"]
  const bearer = clientOf([server], { authenticator: bearerAuthenticator(() => tokens.shift() ?? "") })
  await post(bearer)
  await post(bearer)
  const basic = clientOf([server], { authenticator: basicAuthenticator("ann", () => Promise.resolve("pä:ss")) })
  await post(basic)
  expect(server.requests.map((request) => request.headers["authorization"])).toEqual([
    "Bearer one",
    "Bearer two",
    `Basic ${Buffer.from("ann:pä:ss").toString("base64")}`,
  ])
  await Promise.all([bearer.close(), basic.close()])
})

test("T29 credentials that cannot be read or sent are unauthenticated: nothing is sent, and no reason has the secret in it", async () => {
  const server = await startScriptedServer()
  const authenticators = [
    bearerAuthenticator(() => Promise.reject(new Error("TOKEN is not set"))),
    bearerAuthenticator(() => "hunter2\r\nx-evil: 1"),
    basicAuthenticator("a:b", () => "hunter2"),
  ]
  for (const authenticator of authenticators) {
    const client = clientOf([server], { authenticator })
    const outcome = await post(client)
    expect(outcome.type).toBe("unauthenticated")
    expect(JSON.stringify(outcome)).not.toContain("hunter2")
    await client.close()
  }
  expect(server.requests).toHaveLength(0)
})

test("T32 an abort rejects with its reason and frees the connection; close ends what is in flight with kind closed", async () => {
  const server = await startScriptedServer()
  const client = clientOf([server])
  server.script({ hang: "before" }, { hang: "before" })
  const abort = new AbortController()
  const call = post(client, { signal: abort.signal })
  await waitFor(() => server.requests.length === 1, { what: "the request" })
  abort.abort(new Error("lease lost"))
  await expect(call).rejects.toThrow("lease lost")
  const other = post(client)
  await waitFor(() => server.requests.length === 2, { what: "the request" })
  await Promise.all([client.close(), expect(other).rejects.toMatchObject({ kind: "closed" })])
  await client.close()
  await expect(post(client)).rejects.toBeInstanceOf(MillraceError)
})
