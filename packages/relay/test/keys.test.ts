import { execFileSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { silentLog, systemClock, systemRandom } from "@millrace/ports"
import { fakeClock, startScriptedServer, tempDir } from "@millrace/testkit"
import { type CryptoKey, exportJWK, exportPKCS8, exportSPKI, generateKeyPair, type JWK, SignJWT } from "jose"
import { expect, test } from "vitest"
import {
  createVerifier,
  KeySet,
  openAccess,
  parseKeySet,
  readPublicKey,
  signToken,
  urlReader,
} from "../src/access/index.ts"

const unauthenticated = { kind: "unauthenticated" }
const usage = { kind: "usage" }

interface Issuer {
  readonly kid: string
  readonly algorithm: "EdDSA" | "RS256"
  readonly publicKey: CryptoKey
  readonly privateKey: CryptoKey
}

async function issuer(kid: string, algorithm: Issuer["algorithm"]): Promise<Issuer> {
  return { kid, algorithm, ...(await generateKeyPair(algorithm, { extractable: true })) }
}

function sign({ kid, algorithm, privateKey }: Issuer, claims: object = {}, nowMs = Date.now()): Promise<string> {
  return new SignJWT({ workspaces: { w: "write" }, ...claims })
    .setProtectedHeader({ alg: algorithm, kid })
    .setSubject("ann")
    .setExpirationTime(Math.floor(nowMs / 1000) + 600)
    .sign(privateKey)
}

async function jwkOf({ kid, publicKey }: Issuer, more: Partial<JWK> = {}): Promise<JWK> {
  return { ...(await exportJWK(publicKey)), kid, ...more }
}

test("R300 tokens of an issuer are verified by its public key alone: PEM, certificate or JWK, EdDSA and RS256", async () => {
  const dir = tempDir("keys")
  for (const algorithm of ["EdDSA", "RS256"] as const) {
    const one = await issuer("idp", algorithm)
    const pkcs8 = join(dir, `${algorithm}.key`)
    writeFileSync(pkcs8, await exportPKCS8(one.privateKey))
    const certificate = execFileSync(
      "openssl",
      ["req", "-x509", "-new", "-key", pkcs8, "-subj", "/CN=idp", "-days", "2"],
      { stdio: ["ignore", "pipe", "ignore"] },
    ).toString()
    for (const text of [await exportSPKI(one.publicKey), certificate, JSON.stringify(await jwkOf(one))]) {
      const publicKey = await readPublicKey(text, algorithm, "The file")
      const verifier = createVerifier([{ id: "idp", algorithm, publicKey }], systemClock)
      expect(await verifier.verify(await sign(one))).toMatchObject({ subject: "ann", workspaces: { w: "write" } })
      const stranger = await issuer("idp", algorithm)
      await expect(verifier.verify(await sign(stranger))).rejects.toMatchObject(unauthenticated)
    }
  }
})

test("R300 a key serves its own algorithm alone: its public text is no HS256 secret, and `none` is nothing", async () => {
  const one = await issuer("idp", "RS256")
  const pem = await exportSPKI(one.publicKey)
  const publicKey = await readPublicKey(pem, "RS256", "The file")
  const local = { id: "local", algorithm: "HS256", secret: new Uint8Array(32).fill(7) } as const
  const verifier = createVerifier([{ id: "idp", algorithm: "RS256", publicKey }, local], systemClock)
  const forged = (): SignJWT => new SignJWT({ workspaces: { "*": "admin" } }).setSubject("eve").setExpirationTime("1h")
  for (const header of [{ alg: "HS256", kid: "idp" }, { alg: "HS256" }]) {
    const token = await forged().setProtectedHeader(header).sign(new TextEncoder().encode(pem))
    await expect(verifier.verify(token)).rejects.toMatchObject(unauthenticated)
  }
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url")
  const none = `${part({ alg: "none" })}.${part({ sub: "eve", exp: 9e9, workspaces: { "*": "admin" } })}.`
  await expect(verifier.verify(none)).rejects.toMatchObject(unauthenticated)
  // Without a key's name every key is tried, whatever its algorithm.
  const unnamed = new SignJWT({ workspaces: {} }).setSubject("bob").setExpirationTime("1h")
  const ofLocal = await unnamed.setProtectedHeader({ alg: "HS256" }).sign(local.secret)
  expect(await verifier.verify(ofLocal)).toMatchObject({ subject: "bob" })
})

test("R300 a private key, a symmetric one, or text that is no key is refused with the place and never its content", async () => {
  const one = await issuer("idp", "EdDSA")
  const secret = await exportPKCS8(one.privateKey)
  const privateJwk = JSON.stringify(await exportJWK(one.privateKey))
  for (const text of [
    secret,
    privateJwk,
    '{"kty":"oct","k":"c2VjcmV0"}',
    "hello",
    "{}",
    "-----BEGIN PUBLIC KEY-----",
  ]) {
    const refusal = await readPublicKey(text, "EdDSA", "The file x.pem").then(
      () => undefined,
      (thrown: unknown) => thrown as Error,
    )
    expect(refusal).toMatchObject({ ...usage, message: expect.stringContaining("x.pem") as string })
    expect(refusal?.message).not.toContain("c2VjcmV0")
  }
})

test("R301 a key set rotates: a new key is found, a removed one ends, and made-up names cost one reading in 30 s", async () => {
  const clock = fakeClock()
  const [first, second] = [await issuer("a", "EdDSA"), await issuer("b", "RS256")]
  let keys: JWK[] = [await jwkOf(first)]
  const server = await startScriptedServer(() => ({ status: 200, body: JSON.stringify({ keys }) }))
  const readUrl = urlReader({ fetch })
  const keySource = new KeySet({ read: () => readUrl(`${server.url}/jwks`), clock, log: silentLog })
  const verifier = createVerifier([], clock, { keySource })
  const good = (one: Issuer): Promise<string> => sign(one, {}, clock.nowMs())
  expect(await verifier.verify(await good(first))).toMatchObject({ subject: "ann" })
  expect(server.requests).toHaveLength(1)
  keys = [await jwkOf(second)]
  await expect(verifier.verify(await good(second))).rejects.toMatchObject(unauthenticated)
  for (let n = 0; n < 50; n++) {
    await expect(verifier.verify(await good({ ...first, kid: `made up ${n}` }))).rejects.toMatchObject(unauthenticated)
  }
  expect(server.requests).toHaveLength(1)
  await clock.advanceAndSettle(30_000)
  expect(await verifier.verify(await good(second))).toMatchObject({ subject: "ann" })
  expect(server.requests).toHaveLength(2)
  // The set has no longer the first key.
  await expect(verifier.verify(await good(first))).rejects.toMatchObject(unauthenticated)
})

test("R301 the last good key set serves while it cannot be read, for a day; before the first there is a typed refusal to retry", async () => {
  const clock = fakeClock()
  const one = await issuer("a", "EdDSA")
  const body = JSON.stringify({ keys: [await jwkOf(one)] })
  const server = await startScriptedServer(() => ({ status: 200, body }))
  server.script({ answer: { status: 500 } })
  const readUrl = urlReader({ fetch, timeoutMs: 2000, maxBytes: 4096 })
  const keySource = new KeySet({ read: () => readUrl(server.url), clock, log: silentLog })
  const verifier = createVerifier([], clock, { keySource })
  const good = (): Promise<string> => sign(one, {}, clock.nowMs())
  const refusal = { kind: "unavailable", retry: { afterMs: 5000 } }
  await expect(verifier.verify(await good())).rejects.toMatchObject(refusal)
  await clock.advanceAndSettle(30_000)
  expect(await verifier.verify(await good())).toMatchObject({ subject: "ann" })
  const bad = [
    { status: 404 },
    { status: 200, body: "no JSON" },
    { status: 200, body: '{"keys":7}' },
    { status: 200, body: "x".repeat(5000) },
    { status: 302, headers: { location: `${server.url}/elsewhere` } },
  ]
  for (const answer of bad) {
    server.always({ answer })
    await clock.advanceAndSettle(660_000)
    const before = server.requests.length
    expect(await verifier.verify(await good())).toMatchObject({ subject: "ann" })
    await expect(verifier.verify(await sign({ ...one, kid: "z" }, {}, clock.nowMs()))).rejects.toMatchObject(
      unauthenticated,
    )
    expect(server.requests.length).toBeGreaterThan(before)
  }
  await clock.advanceAndSettle(86_400_000)
  await expect(verifier.verify(await good())).rejects.toMatchObject(refusal)
  server.always(undefined)
  await clock.advanceAndSettle(30_000)
  expect(await verifier.verify(await good())).toMatchObject({ subject: "ann" })
})

test("R301 a key set is bounded, passes over what the relay cannot use, and is refused whole with a private key in it", async () => {
  const one = await issuer("a", "EdDSA")
  const [elliptic] = [(await generateKeyPair("ES256", { extractable: true })).publicKey]
  const useless = [await exportJWK(elliptic), await jwkOf(one, { use: "enc" }), await jwkOf(one, { alg: "ES512" })]
  const kept = await parseKeySet(JSON.stringify({ keys: [...useless, await jwkOf(one)] }), 10)
  expect(kept.map(({ id, algorithm }) => [id, algorithm])).toEqual([["a", "EdDSA"]])
  const many = JSON.stringify({ keys: Array.from({ length: 11 }, () => ({})) })
  await expect(parseKeySet(many, 10)).rejects.toMatchObject({ kind: "corrupt" })
  const withPrivate = JSON.stringify({ keys: [await exportJWK(one.privateKey)] })
  await expect(parseKeySet(withPrivate, 10)).rejects.toMatchObject(usage)
})

test("R302 issuer, audience and longest life are checked where they are configured", async () => {
  const one = await issuer("idp", "EdDSA")
  const dir = tempDir("access")
  writeFileSync(join(dir, "keys.json"), JSON.stringify({ keys: [await jwkOf(one)] }))
  const open = (auth: Parameters<typeof openAccess>[0]["auth"]): ReturnType<typeof openAccess> =>
    openAccess({
      auth,
      dataDir: dir,
      readSecret: () => Promise.resolve("x".repeat(32)),
      readUrl: () => Promise.reject(new Error("no network")),
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
    })
  const jwks = { file: join(dir, "keys.json") }
  const { verifier, signingKey } = await open({ jwks, issuer: "https://idp", audience: "millrace" })
  expect(signingKey).toBeUndefined()
  const right = { iss: "https://idp", aud: ["other", "millrace"], jti: "one", iat: 1_700_000_000 }
  expect(await verifier.verify(await sign(one, right))).toMatchObject({ tokenId: "one", issuedAtMs: 1_700_000_000_000 })
  for (const wrong of [{ iss: "https://evil" }, { aud: "other" }, { iss: undefined }, { aud: undefined }]) {
    await expect(verifier.verify(await sign(one, { ...right, ...wrong }))).rejects.toMatchObject(unauthenticated)
  }
  const short = await open({ jwks, maxTokenLifeMs: 60_000 })
  await expect(short.verifier.verify(await sign(one))).rejects.toThrow(/lives longer/)
  const own = { id: "own", algorithm: "HS256", secret: { env: "X" } } as const
  const mixed = await open({ jwks, keys: [own] })
  expect(mixed.signingKey).toMatchObject({ id: "own" })
  expect(await mixed.verifier.verify(await sign(one))).toMatchObject({ subject: "ann" })
  // Whoever shares a secret with the relay is no other issuer.
  const strict = await open({ jwks, keys: [own], issuer: "https://idp" })
  const key = strict.signingKey
  if (key === undefined) throw new Error("There is a key to sign with.")
  const ours = await signToken({ key, subject: "own", workspaces: {}, expiresAtMs: Date.now() + 60_000 })
  expect(await strict.verifier.verify(ours)).toMatchObject({ subject: "own" })
  const missing = { keys: [{ id: "k", algorithm: "EdDSA", publicKey: { file: join(dir, "none.pem") } }] } as const
  await expect(open(missing)).rejects.toMatchObject(usage)
})
