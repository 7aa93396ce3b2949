import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { type IncomingMessage } from "node:http"
import { request } from "node:https"
import { join } from "node:path"
import { type TLSSocket } from "node:tls"
import { fakeClock, seededRandom, tempDir, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { WebSocket } from "ws"
import { addressOf } from "../src/guard/address.ts"
import { Meter } from "../src/guard/meter.ts"
import { isOriginAllowed, normalOrigin } from "../src/guard/origin.ts"
import { TokenBucket } from "../src/guard/token-bucket.ts"
import type { TlsMaterial } from "../src/index.ts"
import { connect, RawClient } from "./support/raw-client.ts"
import { startTestRelay } from "./support/relay.ts"

interface Refused {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly kind: string
}

/** The HTTP answer to an upgrade that is refused, or "open". */
function upgrade(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Refused | "open"> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { headers })
    socket.on("error", () => {})
    socket.on("open", () => {
      socket.terminate()
      resolve("open")
    })
    socket.on("unexpected-response", (_request, response) => {
      const chunks: Buffer[] = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("end", () => {
        const { error } = JSON.parse(Buffer.concat(chunks).toString()) as { error: { kind: string } }
        const retryAfter = response.headers["retry-after"]
        resolve({ status: response.statusCode ?? 0, retryAfter, kind: error.kind })
      })
    })
  })
}

test("R320 pages of other origins are refused at the upgrade; clients without an origin and pages of the own host are not", async () => {
  const open = await startTestRelay()
  const url = (of: typeof open, token: string): string => `${of.ws}/w?token=${token}`
  const token = await open.token({ w: "read" })
  expect(await upgrade(url(open, token))).toBe("open")
  expect(await upgrade(url(open, token), { origin: open.http })).toBe("open")
  expect(await upgrade(url(open, token), { origin: "http://127.0.0.1:1" })).toBe("open")
  for (const origin of ["https://evil.example", "null", "http://127.0.0.1.evil.example", "x"]) {
    expect(await upgrade(url(open, token), { origin })).toMatchObject({ status: 403, kind: "forbidden" })
  }
  const listed = await startTestRelay({ origins: ["https://app.example"] })
  const other = await listed.token({ w: "read" })
  expect(await upgrade(url(listed, other))).toBe("open")
  expect(await upgrade(url(listed, other), { origin: "https://app.example" })).toBe("open")
  for (const origin of [listed.http, "https://app.example:444", "http://app.example", "https://x.app.example"]) {
    expect(await upgrade(url(listed, other), { origin })).toMatchObject({ status: 403 })
  }
  expect(isOriginAllowed("https://anybody.example", "x", ["*"])).toBe(true)
  expect(["HTTPS://App.Example", "https://a/b", "ftp://a", "a", "*"].map(normalOrigin)).toEqual([
    "https://app.example",
    undefined,
    undefined,
    undefined,
    "*",
  ])
})

/** A certificate for 127.0.0.1 that ends up in nobody's trust store. */
function selfSigned(name: string): TlsMaterial & { readonly cert: Buffer } {
  const dir = tempDir("tls")
  const [key, cert] = [join(dir, "key.pem"), join(dir, "cert.pem")]
  const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"]
  const how = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
  execFileSync("openssl", ["req", ...how, "-keyout", key, "-out", cert, ...subject], { stdio: "ignore" })
  return { key: readFileSync(key), cert: readFileSync(cert) }
}

test("R321 with a certificate the relay speaks TLS alone, to HTTP and both kinds of sockets, and reads a renewed one without a restart", async () => {
  const [first, second] = [selfSigned("first"), selfSigned("second")]
  let material: TlsMaterial = first
  const { relay, token } = await startTestRelay({ tls: () => Promise.resolve(material) })
  const good = await token({ w: "write" })
  const nameAt = (ca: Buffer): Promise<string> =>
    new Promise((resolve, reject) => {
      const call = request({ host: "127.0.0.1", port: relay.port, path: "/livez", ca, agent: false })
      call.on("response", (response: IncomingMessage) => {
        resolve((response.socket as TLSSocket).getPeerCertificate().subject.CN)
        response.resume()
      })
      call.on("error", reject).end()
    })
  const sync = `wss://127.0.0.1:${relay.port}/sync`
  expect(await nameAt(first.cert)).toBe("first")
  await expect(fetch(`http://127.0.0.1:${relay.port}/livez`)).rejects.toThrow()
  const socket = new WebSocket(sync, ["millrace.v1", good], { ca: first.cert })
  await waitFor(() => socket.readyState === WebSocket.OPEN, { what: "the socket to open" })
  material = second
  await relay.reloadTls()
  expect(await nameAt(second.cert)).toBe("second")
  expect(socket.readyState).toBe(WebSocket.OPEN)
  material = { cert: first.cert, key: second.key }
  await expect(relay.reloadTls()).rejects.toMatchObject({ kind: "usage" })
  expect(await nameAt(second.cert)).toBe("second")
  socket.terminate()
})

test("R322 connections of an address and of a user, and channels of a workspace, are limited; the refusal says when to come back", async () => {
  const limits = { maxConnectionsPerAddress: 3, maxConnectionsPerUser: 2, maxChannelsPerWorkspace: 2 }
  const { ws, http, token } = await startTestRelay({ limits })
  const mine = await token({ "*": "write" }, 60_000, "ann")
  const first = await connect(ws, mine, "w")
  const second = await connect(ws, mine, "w")
  const overUser = new RawClient(ws, mine)
  expect(await overUser.hear("error")).toMatchObject({ kind: "rate-limited", retry: { afterMs: 5000 } })
  expect(await overUser.closing()).toMatchObject({ code: 4529 })
  expect(await upgrade(`${ws}/w?token=${mine}`)).toEqual({ status: 429, retryAfter: "5", kind: "rate-limited" })
  const others = await token({ "*": "write" }, 60_000, "bob")
  const third = new RawClient(ws, others)
  await third.hear("hello")
  third.open(1, "w")
  expect(await third.hear("error")).toMatchObject({ channel: 1, kind: "rate-limited", retry: { afterMs: 5000 } })
  third.open(2, "v")
  await third.hear("opened")
  const cara = await token({ "*": "read" }, 60_000, "cara")
  const overAddress = new RawClient(ws, cara)
  expect(await overAddress.closing()).toMatchObject({ code: 4529 })
  const headers = { authorization: `Bearer ${cara}` }
  expect((await fetch(`${http}/workspaces/w`, { headers })).status).toBe(429)
  // Whoever leaves makes room, for the address, the user and the workspace.
  for (const { client } of [first, second]) client.socket.close()
  await waitFor(async () => (await fetch(`${http}/workspaces/w`, { headers })).status === 200, { what: "room again" })
  await connect(ws, mine, "w")
})

test("R323 a user who sends too much is refused with the time to wait; other users go on", async () => {
  const limits = { userMessagesPerSecond: 1, userMessageBurst: 20 }
  const { ws, token } = await startTestRelay({ limits })
  const eager = await connect(ws, await token({ "*": "write" }, 60_000, "eager"), "w")
  const calm = await connect(ws, await token({ "*": "write" }, 60_000, "calm"), "w")
  for (let n = 0; n < 30; n++) eager.client.send({ type: "ping", nonce: n })
  const told = await eager.client.hear("error")
  expect(told).toMatchObject({ channel: 0, kind: "rate-limited" })
  expect(typeof told.retry === "object" && told.retry.afterMs > 0).toBe(true)
  expect(await eager.client.closing()).toMatchObject({ code: 4529 })
  // Coming back fills nothing.
  const again = new RawClient(ws, await token({ "*": "write" }, 60_000, "eager"))
  await again.hear("hello")
  for (let n = 0; n < 4; n++) again.send({ type: "ping", nonce: n })
  expect(await again.closing()).toMatchObject({ code: 4529 })
  calm.doc.getMap("m").set("x", 1)
  await calm.durable()
})

test("R323 a workspace into which too many bytes come closes the channel, not the socket; nothing acknowledged is lost", async () => {
  const limits = { workspaceBytesPerSecond: 10_000, workspaceByteBurst: 100_000 }
  const { ws, token, store } = await startTestRelay({ limits })
  const one = await connect(ws, await token({ "*": "write" }), "w")
  one.client.open(2, "v")
  one.doc.getMap("m").set("large", "x".repeat(90_000))
  await one.durable()
  one.doc.getMap("m").set("more", "x".repeat(90_000))
  expect(await one.client.hear("error")).toMatchObject({ channel: 1, kind: "rate-limited" })
  expect(one.client.closed).toBeUndefined()
  expect(await store.head("log/w@1")).toBe(1)
})

test("R324 X-Forwarded-For counts only behind proxies that are trusted, and an IPv6 network is one address", async () => {
  const of = (remoteAddress: string, forwarded: string | undefined, trusted: number): string =>
    addressOf({ socket: { remoteAddress }, headers: { "x-forwarded-for": forwarded } } as never, trusted)
  expect(of("10.0.0.1", "1.2.3.4", 0)).toBe("10.0.0.1")
  expect(of("10.0.0.1", "6.6.6.6, 1.2.3.4", 1)).toBe("1.2.3.4")
  expect(of("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", 2)).toBe("1.2.3.4")
  expect(of("10.0.0.1", undefined, 1)).toBe("10.0.0.1")
  expect(of("::ffff:10.0.0.1", undefined, 0)).toBe("10.0.0.1")
  expect(of("2001:db8:1:2:3:4:5:6", undefined, 0)).toBe("2001:db8:1:2::/64")
  expect(of("2001:DB8:1:2::9", undefined, 0)).toBe(of("2001:db8:1:0002:ffff::1", undefined, 0))
  expect(of("::1", undefined, 0)).toBe("0:0:0:0::/64")
  const limits = { maxConnectionsPerAddress: 1 }
  const trusting = await startTestRelay({ limits, trustedProxies: 1 })
  const token = await trusting.token({ w: "read" })
  const held = new WebSocket(`${trusting.ws}/w?token=${token}`, { headers: { "x-forwarded-for": "1.1.1.1" } })
  await waitFor(() => held.readyState === WebSocket.OPEN, { what: "the first of 1.1.1.1" })
  const url = `${trusting.ws}/w?token=${token}`
  expect(await upgrade(url, { "x-forwarded-for": "1.1.1.1" })).toMatchObject({ status: 429 })
  expect(await upgrade(url, { "x-forwarded-for": "9.9.9.9, 1.1.1.1" })).toMatchObject({ status: 429 })
  expect(await upgrade(url, { "x-forwarded-for": "2.2.2.2" })).toBe("open")
  const doubting = await startTestRelay({ limits })
  const other = await doubting.token({ w: "read" })
  const first = new WebSocket(`${doubting.ws}/w?token=${other}`)
  await waitFor(() => first.readyState === WebSocket.OPEN, { what: "the first" })
  const claimed = { "x-forwarded-for": "3.3.3.3" }
  expect(await upgrade(`${doubting.ws}/w?token=${other}`, claimed)).toMatchObject({ status: 429 })
  for (const socket of [held, first]) socket.terminate()
})

test("R325 a bucket never gives more than its burst and its rate, over random histories, and says truly when to come back", () => {
  const random = seededRandom()
  for (let round = 0; round < 200; round++) {
    const rate = { perSecond: 1 + random.int(1000), burst: 1 + random.int(1000) }
    let nowMs = 1_000_000
    const bucket = new TokenBucket(rate, nowMs)
    let given = 0
    const beganMs = nowMs
    for (let step = 0; step < 200; step++) {
      nowMs += random.chance(0.1) ? -random.int(50) : random.int(300)
      const units = 1 + random.int(rate.burst)
      const afterMs = bucket.take(units, nowMs)
      if (afterMs === 0) given += units
      else {
        nowMs += afterMs
        expect(bucket.take(units, nowMs)).toBe(0)
        given += units
      }
      // A clock that goes back and forth may count a stretch again, by at most what it went back.
      const elapsedMs = nowMs - beganMs + 200 * 50
      expect(given).toBeLessThanOrEqual(rate.burst + (elapsedMs * rate.perSecond) / 1000 + 1)
    }
  }
})

test("R325 accounts of those who left are bounded, and an empty one is remembered before a full one", () => {
  const clock = fakeClock()
  const rate = { perSecond: 1, burst: 10 }
  const meter = new Meter(clock, 1, { messages: rate, bytes: { perSecond: 1e9, burst: 1e9 } })
  expect(meter.enter("spent")).toBe(true)
  for (let n = 0; n < 10; n++) expect(meter.take("spent", 1)).toBe(0)
  expect(meter.take("spent", 1)).toBe(1000)
  meter.leave("spent")
  for (let n = 0; n < 10_000; n++) {
    expect(meter.enter(`passing ${n}`)).toBe(true)
    meter.leave(`passing ${n}`)
  }
  expect(meter.count).toBeLessThanOrEqual(1025)
  meter.enter("spent")
  expect(meter.take("spent", 1)).toBe(1000)
  expect(meter.enter("spent")).toBe(false)
})
