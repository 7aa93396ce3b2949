import { existsSync, statSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { type Finished, runProcess, spawnNode, tempDir, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { defaultCompaction, defaultLimits } from "@millrace/relay"
import { readSettings } from "../src/settings.ts"
import { linesIn, readyLine, relayFile, startWriter, tokenFor } from "./support/writers.ts"

function runRelay(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  return runProcess({
    file: process.execPath,
    args: ["--conditions=source", relayFile, ...args],
    env,
    deadlineMs: 15_000,
  })
}

const oneLine = (text: string): number => text.trim().split("\n").length

test("R38 the relay says where it listens once it is ready, keeps its data in the folder, and stops on a signal with 0", async () => {
  const dataDir = join(tempDir("process"), "not", "there", "yet")
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const relay = await spawnNode(relayFile, { args: ["--data", dataDir, "--listen", "127.0.0.1:0"], readyLine })
    expect(await (await fetch(`http://${relay.ready}/readyz`)).json()).toEqual({ ready: true })
    const token = await tokenFor(dataDir)
    const writer = await startWriter(relay.ready, token, "w", signal)
    writer.write()
    await waitFor(() => writer.acked().length === 1, { what: "the edit to be durable" })
    expect(await relay.kill(signal)).toEqual({ code: 0, signal: null })
    expect(relay.stdout.trim()).toMatch(readyLine)
  }
  expect(statSync(join(dataDir, "auth.key")).mode & 0o777).toBe(0o600)
  expect(existsSync(join(dataDir, "relay", "data.mdb"))).toBe(true)
  const relay = await spawnNode(relayFile, { args: ["--data", dataDir, "--listen", "127.0.0.1:0"], readyLine })
  expect(await linesIn(relay.ready, await tokenFor(dataDir), "w")).toEqual(["SIGTERM-0", "SIGINT-0"])
  await relay.kill("SIGTERM")
})

test("R38 with --with-parent the relay ends when its standard input does", async () => {
  const args = ["--data", tempDir("parent"), "--listen", "127.0.0.1:0", "--with-parent"]
  const ended = await runProcess({
    file: process.execPath,
    args: ["--conditions=source", relayFile, ...args],
    stdin: "",
  })
  expect(ended).toMatchObject({ code: 0 })
})

test("R39 a port that is taken, a folder that cannot be written and a bad key file are one clear line each, exit code 1 or 64", async () => {
  const dataDir = tempDir("errors")
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve))
  const address = taken.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const onTaken = await runRelay(["--data", dataDir, "--listen", `127.0.0.1:${port}`])
  await new Promise((resolve) => void taken.close(resolve))
  expect(onTaken).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("port is taken") as string })
  expect(oneLine(onTaken.stderr)).toBe(1)

  const file = join(dataDir, "file")
  writeFileSync(file, "")
  for (const data of [file, "/proc/millrace"]) {
    const refused = await runRelay(["--data", data, "--listen", "127.0.0.1:0"])
    expect(refused).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining(data) as string })
    expect(oneLine(refused.stderr)).toBe(1)
  }

  const badKey = tempDir("bad-key")
  writeFileSync(join(badKey, "auth.key"), "secret")
  const refused = await runRelay(["--data", badKey, "--listen", "127.0.0.1:0"])
  expect(refused).toMatchObject({ code: 64, stderr: expect.stringContaining("auth.key") as string })
  expect(refused.stderr).not.toContain('"secret"')
})

test("R39 wrong usage exits with 64 and help with 0", async () => {
  expect(await runRelay(["--listen", "nonsense"])).toMatchObject({ code: 64 })
  expect(await runRelay(["--no-such-flag"])).toMatchObject({ code: 64 })
  expect(await runRelay(["--config", "/does/not/exist.json", "--data", tempDir("usage")])).toMatchObject({ code: 64 })
  const help = await runRelay(["--help"])
  expect(help).toMatchObject({ code: 0 })
  for (const name of ["MILLRACE_RELAY_LISTEN", "MILLRACE_DATA", "MILLRACE_CONFIG"]) expect(help.stdout).toContain(name)
})

test("R39 listen takes HOST:PORT, IPv6 in brackets", () => {
  expect(readSettings(["--listen", "0.0.0.0:80"]).listen).toEqual({ host: "0.0.0.0", port: 80 })
  expect(readSettings(["--listen", "[::1]:0"]).listen).toEqual({ host: "::1", port: 0 })
  expect(readSettings([])).toEqual({
    listen: { host: "127.0.0.1", port: 8787 },
    data: ".millrace",
    trustedProxies: 0,
    limits: defaultLimits,
    compaction: { ...defaultCompaction, build: undefined },
  })
})

test("R40 keys of a configuration replace the key file", async () => {
  const dataDir = tempDir("configured")
  const config = join(dataDir, "millrace.json")
  const keys = [{ id: "main", algorithm: "HS256", secret: { env: "TEST_SECRET" } }]
  writeFileSync(config, JSON.stringify({ auth: { keys }, targets: {}, bindings: [] }))
  const args = ["--config", config, "--data", join(dataDir, "data"), "--listen", "127.0.0.1:0"]
  const relay = await spawnNode(relayFile, { args, env: { TEST_SECRET: "x".repeat(40) }, readyLine })
  expect(existsSync(join(dataDir, "data", "auth.key"))).toBe(false)
  const answer = await fetch(`http://${relay.ready}/workspaces/w`, {
    headers: { authorization: `Bearer ${await tokenFor(join(dataDir, "data"))}` },
  })
  expect(answer.status).toBe(401)
  await relay.kill("SIGTERM")
  expect(await runRelay(args)).toMatchObject({ code: 64, stderr: expect.stringContaining("TEST_SECRET") as string })
})

test("R240 a second relay on the same data folder is refused with one clear line, and is let in once the first was killed", async () => {
  const dataDir = tempDir("twice")
  const args = ["--data", dataDir, "--listen", "127.0.0.1:0"]
  const first = await spawnNode(relayFile, { args, readyLine })
  const refused = await runRelay(args)
  expect(refused).toMatchObject({ code: 1, stdout: "" })
  expect(refused.stderr).toContain("uses the data folder")
  expect(oneLine(refused.stderr)).toBe(1)
  expect(await (await fetch(`http://${first.ready}/readyz`)).json()).toEqual({ ready: true })
  await first.kill("SIGKILL")
  const second = await spawnNode(relayFile, { args, readyLine })
  expect(await second.kill("SIGTERM")).toEqual({ code: 0, signal: null })
})
