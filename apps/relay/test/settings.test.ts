import { execFileSync } from "node:child_process"
import { generateKeyPairSync, randomBytes, sign } from "node:crypto"
import { copyFileSync, readFileSync, writeFileSync } from "node:fs"
import { request } from "node:https"
import { join } from "node:path"
import { type TLSSocket } from "node:tls"
import { runProcess, spawnNode, tempDir, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { readSettings } from "../src/settings.ts"
import { relayFile } from "./support/writers.ts"

const tlsReadyLine = /^relay listening on https:\/\/(\S+)$/

function makeCertificate(dir: string, name: string): { readonly key: string; readonly cert: string } {
  const [key, cert] = [join(dir, `${name}.key`), join(dir, `${name}.crt`)]
  const how = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
  const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"]
  execFileSync("openssl", ["req", ...how, "-keyout", key, "-out", cert, ...subject], { stdio: "ignore" })
  return { key, cert }
}

test("R342 key set, origins, certificate and limits come from settings, and SIGHUP reads the certificate again", async () => {
  const dir = tempDir("settings")
  const [first, second] = [makeCertificate(dir, "first"), makeCertificate(dir, "second")]
  const [cert, key] = [join(dir, "cert.pem"), join(dir, "key.pem")]
  const install = (pair: typeof first): void => {
    copyFileSync(pair.cert, cert)
    copyFileSync(pair.key, key)
  }
  install(first)
  const issuer = generateKeyPairSync("ed25519")
  const jwk = { ...issuer.publicKey.export({ format: "jwk" }), kid: "idp" }
  writeFileSync(join(dir, "keys.json"), JSON.stringify({ keys: [jwk] }))
  const auth = { jwks: { file: "keys.json" }, issuer: "https://idp.example" }
  writeFileSync(join(dir, "millrace.json"), JSON.stringify({ auth, origins: ["https://app.example"] }))
  const args = ["--config", join(dir, "millrace.json"), "--data", join(dir, "data"), "--listen", "127.0.0.1:0"]
  const tls = ["--tls-cert", cert, "--tls-key", key]
  const env = { MILLRACE_RELAY_MAX_CONNECTIONS_PER_USER: "1" }
  const relay = await spawnNode(relayFile, { args: [...args, ...tls], env, readyLine: tlsReadyLine })
  const ca = [readFileSync(first.cert), readFileSync(second.cert)]
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url")
  const claims = {
    iss: "https://idp.example",
    sub: "ann",
    exp: Math.floor(Date.now() / 1000) + 600,
    workspaces: { "*": "read" },
  }
  const unsigned = `${part({ alg: "EdDSA", kid: "idp" })}.${part(claims)}`
  const token = `${unsigned}.${sign(null, Buffer.from(unsigned), issuer.privateKey).toString("base64url")}`
  const upgrade = (more: Record<string, string>): Promise<number> =>
    new Promise((resolve, reject) => {
      const socket = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" }
      const headers = { ...socket, "sec-websocket-key": randomBytes(16).toString("base64"), ...more }
      const call = request(`https://${relay.ready}/sync/w?token=${token}`, { headers, ca, agent: false })
      call.on("upgrade", () => resolve(101))
      call.on("response", ({ statusCode }) => resolve(statusCode ?? 0))
      call.on("error", reject).end()
    })
  expect(await upgrade({ origin: "https://evil.example" })).toBe(403)
  expect(await upgrade({ origin: "https://app.example" })).toBe(101)
  expect(await upgrade({})).toBe(429)
  const nameServed = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const call = request(`https://${relay.ready}/livez`, { ca, agent: false }, (response) => {
        resolve((response.socket as TLSSocket).getPeerCertificate().subject.CN)
        response.resume()
      })
      call.on("error", reject).end()
    })
  expect(await nameServed()).toBe("first")
  install(second)
  relay.signal("SIGHUP")
  await waitFor(async () => (await nameServed()) === "second", { what: "the renewed certificate" })
  await relay.kill("SIGTERM")
})

test("R342 every limit has a flag, a variable and a default in the help; wrong values are refused with 64", async () => {
  const run = (args: readonly string[]): ReturnType<typeof runProcess> =>
    runProcess({
      file: process.execPath,
      args: ["--conditions=source", relayFile, ...args],
      env: {},
      deadlineMs: 30_000,
    })
  const { stdout } = await run(["--help"])
  const { limits } = readSettings([])
  expect(Object.keys(limits).length).toBeGreaterThan(20)
  for (const [name, value] of Object.entries(limits)) {
    const flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    expect(stdout).toContain(`--${flag} <n>`)
    expect(stdout.replaceAll(/\s+/g, " ")).toContain(
      `(default: ${value}, env: MILLRACE_RELAY_${flag.replaceAll("-", "_").toUpperCase()})`,
    )
  }
  expect(readSettings(["--max-message-bytes", "1000"]).limits).toMatchObject({ maxMessageBytes: 1000 })
  expect(readSettings(["--origin", "https://a.example, http://b:81"]).origin).toEqual([
    "https://a.example",
    "http://b:81",
  ])
  for (const wrong of [
    ["--max-connections", "many"],
    ["--origin", "app.example"],
    ["--origin", "https://a.example/path"],
    ["--trusted-proxies", "-1"],
    ["--tls-cert", "alone.pem"],
  ]) {
    expect(() => readSettings(wrong), wrong.join(" ")).toThrow()
  }
  expect(await run(["--max-connections", "0"])).toMatchObject({ code: 64 })
})
