import { silentLog } from "@millrace/ports"
import { fakeClock, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { expiryOf, TokenRenewal } from "../src/relay/token-renewal.ts"
import { startStage, token } from "./stage.ts"

/** A JWT's shape without a good signature: what a client can read of it. */
function tokenUntil(expiresAtMs: number, name = "t"): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url")
  return `${part({ alg: "HS256" })}.${part({ exp: expiresAtMs / 1000, name: `${name}ÿ?>` })}.signature`
}

function setUp(next: () => Promise<string> | string) {
  const clock = fakeClock()
  const sent: string[] = []
  const renewal = new TokenRenewal({ token: next, clock, log: silentLog, send: (fresh) => sent.push(fresh) })
  return { clock, sent, renewal }
}

test("C40 a fresh token is sent while the old one is still good, again and again", async () => {
  let count = 0
  const { clock, sent, renewal } = setUp(() => tokenUntil(clock.nowMs() + 300_000, `${(count += 1)}`))
  renewal.begin(tokenUntil(clock.nowMs() + 300_000))
  await clock.advanceAndSettle(239_000)
  expect(sent).toEqual([])
  await clock.advanceAndSettle(1_000)
  expect(sent).toHaveLength(1)
  await clock.advanceAndSettle(3_600_000)
  expect(sent).toHaveLength(16)
  renewal.stop()
  expect(clock.pending).toBe(0)
})

test("C40 nothing is sent for a fixed token, one that does not say its end, or a source that fails or repeats itself", async () => {
  const { clock, sent, renewal } = setUp(() => {
    throw new Error("the issuer is down")
  })
  renewal.begin(tokenUntil(clock.nowMs() + 60_000))
  await clock.advanceAndSettle(120_000)
  renewal.begin("no token at all")
  expect(clock.pending).toBe(0)
  const same = tokenUntil(clock.nowMs() + 60_000)
  const repeating = setUp(() => same)
  repeating.renewal.begin(same)
  await repeating.clock.advanceAndSettle(120_000)
  const fixed = new TokenRenewal({ token: same, clock, log: silentLog, send: (fresh) => sent.push(fresh) })
  fixed.begin(same)
  expect(clock.pending).toBe(0)
  expect([...sent, ...repeating.sent]).toEqual([])
})

test("C40 a token that comes after its socket has gone is not sent", async () => {
  let give = (_token: string): void => {}
  const { clock, sent, renewal } = setUp(() => new Promise<string>((resolve) => (give = resolve)))
  renewal.begin(tokenUntil(clock.nowMs() + 60_000))
  await clock.advanceAndSettle(55_000)
  renewal.stop()
  give(tokenUntil(clock.nowMs() + 600_000))
  await clock.advanceAndSettle(0)
  expect(sent).toEqual([])
  expect(expiryOf(tokenUntil(5_000))).toBe(5_000)
})

test("C41 a socket outlives its token, and a role that is taken away and given back acts without a reconnect", async () => {
  const stage = await startStage()
  const roles = ["write", "read", "write"]
  let asked = 0
  const workspace = stage.open({
    // Six seconds: renewed after one.
    token: () => token(roles[Math.min(asked++, roles.length - 1)] ?? "write", 6_000, "somebody"),
  })
  const connections = new Set<string>()
  await waitFor(() => workspace.status.permission === "write", { what: "to be let in as a writer" })
  workspace.onStatus(({ connection }) => connections.add(connection))
  await waitFor(() => workspace.status.permission === "read", { what: "the role to shrink" })
  workspace.records.collection("datasets").put("kept", { name: "back" })
  const kept = workspace.transact(() => {})
  await waitFor(() => workspace.status.permission === "write", { what: "the role to grow" })
  expect((await kept.durable).seq).toBeGreaterThan(0)
  expect([...connections]).toEqual(["online"])
})

test("C41 a token of another subject ends the socket, and the next connection is made with it", async () => {
  const stage = await startStage()
  let asked = 0
  const workspace = stage.open({ token: () => token("write", 6_000, `person ${asked++}`) })
  await waitFor(() => workspace.status.connection === "online", { what: "to be let in" })
  await waitFor(() => asked > 2 && workspace.status.connection === "online", { what: "to be let in as another" })
  await workspace.collection("datasets").put("mine", { name: "x" }).durable
})
