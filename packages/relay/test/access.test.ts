import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseWorkspaceRef } from "@millrace/protocol"
import { systemClock, systemRandom } from "@millrace/ports"
import { fakeClock, tempDir, waitFor } from "@millrace/testkit"
import { SignJWT } from "jose"
import { expect, test } from "vitest"
import * as Y from "yjs"
import {
  createVerifier,
  grantFor,
  mayRead,
  openKeyFile,
  openKeys,
  signToken,
  type TokenKey,
} from "../src/access/index.ts"
import { syncFrame } from "../src/room/frame.ts"
import { connect, RawClient, RawReplica } from "./support/raw-client.ts"
import { startTestRelay } from "./support/relay.ts"
import { stockClient, syncedStockClient } from "./support/stock-client.ts"

const key: TokenKey = { id: "k1", algorithm: "HS256", secret: new Uint8Array(32).fill(1) }
const other: TokenKey = { id: "k2", algorithm: "HS256", secret: new Uint8Array(32).fill(2) }
const soon = (): number => Date.now() + 60_000
const unauthenticated = { kind: "unauthenticated", retry: "never" }

test("R21 a token is good only with a known key's signature, in time, and with all claims", async () => {
  const verifier = createVerifier([key, other], systemClock)
  const request = { key, subject: "ann", workspaces: { w: "write" }, expiresAtMs: soon() }
  expect(await verifier.verify(await signToken(request))).toMatchObject({ subject: "ann", workspaces: { w: "write" } })
  expect(await verifier.verify(await signToken({ ...request, key: other }))).toMatchObject({ subject: "ann" })
  const claims = { workspaces: { w: "write" } }
  const jwt = (): SignJWT => new SignJWT(claims).setSubject("ann").setExpirationTime("1m")
  const withoutKid = await jwt().setProtectedHeader({ alg: "HS256" }).sign(other.secret)
  expect(await verifier.verify(withoutKid)).toMatchObject({ subject: "ann" })
  const bad: readonly (readonly [string, RegExp])[] = [
    ["", /no JWT/],
    ["a.b.c", /no JWT/],
    [(await signToken(request)).slice(0, -2), /another key|cannot be verified/],
    [await signToken({ ...request, key: { ...key, secret: other.secret } }), /another key/],
    [await signToken({ ...request, key: { ...key, id: "k3" } }), /cannot be verified/],
    [await signToken({ ...request, expiresAtMs: Date.now() - 5000 }), /expired/],
    [await jwt().setProtectedHeader({ alg: "HS512" }).sign(key.secret), /cannot be verified/],
    [await new SignJWT(claims).setExpirationTime("1m").setProtectedHeader({ alg: "HS256" }).sign(key.secret), /`sub`/],
    [await new SignJWT(claims).setSubject("ann").setProtectedHeader({ alg: "HS256" }).sign(key.secret), /`exp`/],
    [
      await new SignJWT({})
        .setSubject("a")
        .setExpirationTime("1m")
        .setProtectedHeader({ alg: "HS256" })
        .sign(key.secret),
      /lacks a claim/,
    ],
    [
      await new SignJWT({ workspaces: ["w"] })
        .setSubject("a")
        .setExpirationTime("1m")
        .setProtectedHeader({ alg: "HS256" })
        .sign(key.secret),
      /lacks a claim/,
    ],
    [
      await new SignJWT({ workspaces: { w: 7 } })
        .setSubject("a")
        .setExpirationTime("1m")
        .setProtectedHeader({ alg: "HS256" })
        .sign(key.secret),
      /lacks a claim/,
    ],
  ]
  for (const [token, message] of bad) {
    const refusal = await verifier.verify(token).catch((thrown: unknown) => thrown)
    expect(refusal, token).toMatchObject({ ...unauthenticated, message: expect.stringMatching(message) as string })
    if (token !== "") expect(String(refusal)).not.toContain(token)
  }
  const unsigned = `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify({ sub: "a", exp: 9e9, workspaces: { "*": "admin" } }))}.`
  await expect(verifier.verify(unsigned.replaceAll("=", ""))).rejects.toMatchObject(unauthenticated)
})

test("R22 the most specific pattern decides the role; only a projector writes a status document; unknown roles grant nothing", () => {
  const grant = (workspaces: Record<string, string>, ref: string): unknown =>
    grantFor({ subject: "a", expiresAtMs: 0, workspaces }, parseWorkspaceRef(ref))
  expect(grant({ "*": "read", "team-*": "write", "team-a": "admin" }, "team-a")).toEqual({
    role: "admin",
    permission: "write",
  })
  expect(grant({ "*": "read", "team-*": "write", "team-a*": "read" }, "team-ab")).toEqual({
    role: "read",
    permission: "read",
  })
  expect(grant({ "team-a": "read", "*": "write" }, "team-a")).toEqual({ role: "read", permission: "read" })
  expect(grant({ "*": "publish" }, "w")).toEqual({ role: "publish", permission: "write" })
  expect(grant({ w: "admin" }, "w~status")).toEqual({ role: "admin", permission: "read" })
  expect(grant({ w: "projector" }, "w~status")).toEqual({ role: "projector", permission: "write" })
  const forbidden = expect.objectContaining({ kind: "forbidden" }) as Error
  for (const workspaces of [{}, { v: "write" }, { "w-*": "write" }, { "*": "owner" }, { w: "", "*": "write" }]) {
    expect(() => grant(workspaces as Record<string, string>, "w")).toThrow(forbidden)
  }
  expect(() => grant({}, "constructor")).toThrow(forbidden)
  const claims = { subject: "a", expiresAtMs: 0, workspaces: { a: "read", b: "owner" } }
  expect(["a", "b", "c"].map((name) => mayRead(claims, name))).toEqual([true, false, false])
})

test("R23 the key file is made once, for its owner alone, and processes that start together agree on it", async () => {
  const path = join(tempDir("key"), "data", "auth.key")
  const keys = await Promise.all(Array.from({ length: 8 }, () => openKeyFile(path, systemRandom)))
  expect(new Set(keys.map(({ secret }) => Buffer.from(secret).toString("hex"))).size).toBe(1)
  expect(keys[0]?.secret.length).toBeGreaterThanOrEqual(32)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const text = readFileSync(path, "utf8")
  await openKeyFile(path, systemRandom)
  expect(readFileSync(path, "utf8")).toBe(text)
})

test("R23 a key file that holds no key, and a configured secret that is too short, are refused without showing them", async () => {
  const dataDir = tempDir("short-key")
  writeFileSync(join(dataDir, "auth.key"), "hunter2")
  const refusal = await openKeys(undefined, dataDir, systemRandom).catch((thrown: unknown) => thrown)
  expect(refusal).toMatchObject({ kind: "usage" })
  expect(String(refusal)).not.toContain("hunter2")
  const setting = (id: string, secret: string): Parameters<typeof openKeys>[0] => [
    { id, algorithm: "HS256", readSecret: () => Promise.resolve(secret) },
  ]
  await expect(openKeys(setting("k", "short"), dataDir, systemRandom)).rejects.toMatchObject({ kind: "usage" })
  const long = setting("k", "x".repeat(40)) ?? []
  await expect(openKeys([...long, ...long], dataDir, systemRandom)).rejects.toThrow(/twice/)
  expect(await openKeys(long, dataDir, systemRandom)).toMatchObject([{ id: "k", algorithm: "HS256" }])
  mkdirSync(join(dataDir, "folder", "auth.key"), { recursive: true })
  await expect(openKeys(undefined, join(dataDir, "folder"), systemRandom)).rejects.toMatchObject({ kind: "storage" })
})

test("R24 millrace.v1 without a good token completes its handshake, says why, and closes with the kind's code", async () => {
  const { ws, token } = await startTestRelay()
  const cases: readonly (readonly [string, string, number])[] = [
    ["not.a.token", "unauthenticated", 4401],
    [await token({ w: "write" }, -5000), "unauthenticated", 4401],
  ]
  for (const [bad, kind, code] of cases) {
    const client = new RawClient(ws, bad)
    expect(await client.hear("error")).toMatchObject({ channel: 0, kind, retry: "never" })
    expect(await client.closing()).toMatchObject({ code })
    expect(client.heard.length).toBe(1)
  }
  const elsewhere = new RawClient(`${ws}/w`, await token({ v: "write" }))
  expect(await elsewhere.hear("error")).toMatchObject({ channel: 0, kind: "forbidden" })
  expect(await elsewhere.closing()).toMatchObject({ code: 4403 })
})

test("R24 what a channel may not open is an error on that channel: workspace, role, generation, name, path", async () => {
  const { ws, token } = await startTestRelay()
  const client = new RawClient(ws, await token({ w: "write", v: "owner" }))
  await client.hear("hello")
  const refused = async (channel: number, workspace: string, generation: number): Promise<string> => {
    client.open(channel, workspace, { generation })
    return (await client.hear("error", (error) => error.channel === channel)).kind
  }
  expect(await refused(1, "other", 0)).toBe("forbidden")
  expect(await refused(2, "v", 0)).toBe("forbidden")
  expect(await refused(3, "w", 2)).toBe("generation")
  expect(await refused(4, "w@2", 0)).toBe("generation")
  expect(await refused(5, "No Name", 0)).toBe("invalid")
  expect((await new RawReplica(client, 6, "w").open()).synced).toBe(true)
  client.open(7, "w", { generation: 1 })
  await client.hear("opened", ({ channel }) => channel === 7)
  const bound = new RawClient(`${ws}/w`, await token({ "*": "write" }))
  await bound.hear("hello")
  bound.open(1, "w~status")
  await bound.hear("opened")
  bound.open(2, "x")
  expect(await bound.hear("error")).toMatchObject({ channel: 2, kind: "forbidden" })
})

test("R25 a status document is read by any role and written by role projector alone", async () => {
  const { ws, token } = await startTestRelay()
  const projector = await connect(ws, await token({ "*": "projector" }), "w~status")
  const admin = await connect(ws, await token({ w: "admin" }), "w~status")
  projector.doc.getMap("watermarks").set("x", { seq: 1 })
  await projector.durable()
  await waitFor(() => admin.doc.getMap("watermarks").size === 1, { what: "the status at another role" })
  expect(await admin.client.hear("opened")).toMatchObject({ workspace: "w~status", permission: "read" })
  admin.send(syncFrame("update", Y.encodeStateAsUpdate(new Y.Doc())))
  expect(await admin.client.hear("error")).toMatchObject({ kind: "forbidden" })
  const stock = await syncedStockClient(ws, "w~status", await token({ "*": "write" }))
  stock.doc.getMap("watermarks").set("x", "forged")
  await waitFor(() => stock.closes.includes(4403), { what: "the stock client to be refused" })
  stock.provider.shouldConnect = false
})

test("R26 a token that expires ends its live sockets with 4401", async () => {
  const clock = fakeClock(Date.now())
  const { ws, token } = await startTestRelay({ clock, limits: { pingMs: 100 * 86_400_000 } })
  const client = new RawClient(ws, await token({ w: "write" }, 40 * 86_400_000))
  const lasting = new RawClient(ws, await token({ w: "write" }, 50 * 86_400_000))
  await client.hear("hello")
  await lasting.hear("hello")
  const stock = stockClient(ws, "w", await token({ w: "write" }, 40 * 86_400_000))
  await waitFor(() => stock.provider.wsconnected, { what: "the stock client" })
  clock.advance(39 * 86_400_000)
  client.send({ type: "ping", nonce: 1 })
  await client.hear("pong")
  clock.advance(2 * 86_400_000)
  expect(await client.hear("error")).toMatchObject({ channel: 0, kind: "unauthenticated" })
  expect(await client.closing()).toMatchObject({ code: 4401 })
  await waitFor(() => stock.closes.includes(4401), { what: "the stock client to be closed" })
  stock.provider.shouldConnect = false
  lasting.send({ type: "ping", nonce: 2 })
  await lasting.hear("pong")
})

test("R27 no token reaches the log, whatever is refused or fails", async () => {
  const lines: string[] = []
  const write = (event: string, fields?: object): void => void lines.push(JSON.stringify([event, fields]))
  const log = { debug: write, info: write, warn: write, error: write }
  const { ws, http, token, stop } = await startTestRelay({ log })
  const tokens = [
    await token({ w: "read" }),
    await token({ v: "write" }),
    await token({ w: "write" }, -5000),
    "nonsense-token",
  ]
  for (const one of tokens) {
    const stock = stockClient(ws, "w", one)
    const own = new RawClient(`${ws}/w`, one)
    await Promise.race([own.hear("hello"), own.hear("error")])
    await fetch(`${http}/workspaces/w`, { headers: { authorization: `Bearer ${one}` } })
    await fetch(`${http}/nowhere?token=${one}`)
    stock.doc.getMap("m").set("x", 1)
    own.socket.send("text")
    await own.closing()
    stock.provider.destroy()
  }
  await stop()
  expect(lines.length).toBeGreaterThan(0)
  for (const one of tokens) expect(lines.join("\n")).not.toContain(one)
})
