import { readFileSync } from "node:fs"
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"
import { fileURLToPath } from "node:url"
import { systemClock } from "@millrace/ports"
import { atEndOfTests } from "@millrace/testkit"
import { expect, test } from "vitest"
import { HttpClient, type HttpOutcome, type TlsSettings } from "../src/index.ts"

// Made for these tests by openssl, valid for a hundred years; the authority's key was thrown away.
const file = (name: string): string => fileURLToPath(new URL(`tls/${name}`, import.meta.url))

async function startServer(requestCert: boolean): Promise<string> {
  const server = createServer(
    {
      key: readFileSync(file("server.key")),
      cert: readFileSync(file("server.crt")),
      ca: readFileSync(file("ca.crt")),
      requestCert,
      rejectUnauthorized: requestCert,
    },
    (_request, response) => response.end("hello"),
  )
  server.on("tlsClientError", () => {})
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve))
  atEndOfTests(() => {
    server.closeAllConnections()
    server.close()
  })
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

async function get(url: string, tls: TlsSettings): Promise<HttpOutcome> {
  const client = new HttpClient({ urls: [new URL(url)], clock: systemClock, timeoutMs: 10_000, tls })
  try {
    return await client.request({ method: "GET", signal: new AbortController().signal })
  } finally {
    await client.close()
  }
}

test("T30 a server is believed only with a certificate of a trusted authority and of the right name", async () => {
  const url = await startServer(false)
  expect(await get(url, { caFile: file("ca.crt") })).toMatchObject({ type: "answer", status: 200, body: "hello" })
  expect(await get(url, { caFile: file("ca.crt"), serverName: "flume.test" })).toMatchObject({ status: 200 })
  expect(await get(url, {})).toMatchObject({
    type: "unreached",
    reason: expect.stringMatching(/certificate/) as string,
  })
  expect(await get(url, { caFile: file("ca.crt"), serverName: "other.test" })).toMatchObject({
    type: "unreached",
    reason: expect.stringMatching(/altnames|other\.test/) as string,
  })
})

test("T30 a client certificate is shown to a server that asks for one; files that cannot be read are named", async () => {
  const url = await startServer(true)
  const tls = { caFile: file("ca.crt"), certFile: file("client.crt"), keyFile: file("client.key") }
  expect(await get(url, tls)).toMatchObject({ type: "answer", status: 200 })
  expect((await get(url, { caFile: file("ca.crt") })).type).not.toBe("answer")
  expect(await get(url, { ...tls, keyFile: "/nowhere/client.key" })).toMatchObject({
    type: "unreached",
    reason: expect.stringContaining("/nowhere/client.key") as string,
  })
})
