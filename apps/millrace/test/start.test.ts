import { get as httpGet } from "node:http"
import { createServer } from "node:net"
import { join, resolve } from "node:path"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { atEndOfTests, freePort, runProcess, type RunningProcess, spawnNode, tempDir, waitFor } from "@millrace/testkit"
import { beforeAll, describe, expect, test } from "vitest"
import { cli, cliJson } from "./support/cli.ts"
import type { Exported } from "./support/expect-sink.ts"

const main = resolve(import.meta.dirname, "../src/main.ts")

function start(...args: readonly string[]): Promise<RunningProcess> {
  return spawnNode(main, {
    args: ["start", "--no-open", ...args],
    env: { MILLRACE_DATA: undefined, MILLRACE_CONFIG: undefined },
    readyLine: /^ready: (\S+)$/,
  })
}

function refusedStart(...args: readonly string[]): ReturnType<typeof runProcess> {
  return runProcess({
    file: process.execPath,
    args: ["--conditions=source", main, "start", "--no-open", ...args],
    deadlineMs: 30_000,
  })
}

function pidOf(running: RunningProcess, child: string): number {
  return Number(new RegExp(`^${child}: pid (\\d+)`, "m").exec(running.stderr)?.[1])
}

/** Status of a GET with headers of one's choice, Host included, which fetch forbids. */
function statusOf(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    httpGet(url, { headers }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    }).on("error", reject)
  })
}

describe("a start without configuration", () => {
  const data = join(tempDir("start"), "data")
  let running: RunningProcess
  let url = ""
  beforeAll(async () => {
    running = await start("--port", "0", "--data", data)
    url = running.ready
  })

  test("W101 serves page, API and sync at one origin, with the sample catalogue in it", async () => {
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/)
    const page = await fetch(url)
    expect(page.status).toBe(200)
    expect(page.headers.get("content-security-policy")).toContain("default-src 'self'")
    const exported = await cliJson<Exported>("export", "--workspace", "catalog", "--url", url)
    expect(Object.keys(exported["datasets"] ?? {}).length).toBeGreaterThan(4)
    await waitFor(
      async () => {
        const status = await cliJson<Status>("status", "--workspace", "catalog", "--url", url)
        const [binding] = status.targets[0]?.bindings ?? []
        const records = Object.values(exported).flatMap((all) => Object.keys(all)).length
        return binding?.synced === records && binding.pending === 0 && binding.watermark === status.seq
      },
      { what: "every sample record to be in the files target", deadlineMs: 20_000 },
    )
  })

  test("W102 gives a development token to this machine's own page and tools alone", async () => {
    const { host } = new URL(url)
    const path = `${url}dev/token`
    expect(await statusOf(path, {})).toBe(200)
    expect(await statusOf(path, { origin: `http://${host}` })).toBe(200)
    expect(await statusOf(path, { origin: "https://elsewhere.example" })).toBe(403)
    expect(await statusOf(path, { origin: "null" })).toBe(403)
    expect(await statusOf(path, { "sec-fetch-site": "cross-site" })).toBe(403)
    expect(await statusOf(path, { host: "elsewhere.example" })).toBe(403)
    expect(await statusOf(path, { host: `localhost:${new URL(url).port}` })).toBe(200)
  })

  test("W103 the page stays up while the relay is dead, which is started again with its data", async () => {
    const before = (await cli("export", "--workspace", "catalog", "--url", url)).out
    const relayPid = pidOf(running, "relay")
    process.kill(relayPid, "SIGKILL")
    expect((await fetch(url)).status).toBe(200)
    await waitFor(() => running.stderr.match(/^relay: pid/gm)?.length === 2, { what: "the relay to come back" })
    expect((await cli("export", "--workspace", "catalog", "--url", url)).out).toBe(before)
    const token = await cliJson<{ token: string }>("token", "--workspace", "*", "--role", "read", "--data", data)
    expect((await cli("status", "--workspace", "catalog", "--url", url, "--token", token.token)).code).toBe(0)
  })

  test("W104 a second start at the same port or data is refused in one clear sentence", async () => {
    const port = new URL(url).port
    const taken = await refusedStart("--port", port, "--data", join(tempDir("other"), "data"))
    expect(taken.code).toBe(1)
    expect(taken.stderr).toContain(`Port ${port} of 127.0.0.1 is taken`)
  })

  test("W105 SIGTERM ends every process and exits with 0; the next start has everything", async () => {
    const exported = (await cli("export", "--workspace", "catalog", "--url", url)).out
    expect((await running.kill("SIGTERM")).code).toBe(0)
    await waitFor(() => !running.groupLives(), { what: "all processes to end" })
    running = await start("--port", "0", "--data", data)
    url = running.ready
    expect((await cli("export", "--workspace", "catalog", "--url", url)).out).toBe(exported)
    expect((await running.kill("SIGINT")).code).toBe(0)
    await waitFor(() => !running.groupLives(), { what: "all processes to end" })
  })
})

interface Status {
  readonly seq: number
  readonly targets: readonly {
    readonly bindings: readonly { readonly watermark: number; readonly pending: number; readonly synced: number }[]
  }[]
}

test("W105 relay and projector end when the process that started them is killed", async () => {
  const running = await start("--port", "0", "--data", join(tempDir("orphans"), "data"))
  const pids = [pidOf(running, "relay"), pidOf(running, "projector")]
  await running.kill("SIGKILL")
  await waitFor(() => pids.every((pid) => !alive(pid)), { what: "relay and projector to end" })
})

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test("W106 a configured start gives no development token and takes tokens of its keys", async () => {
  const dir = tempDir("configured")
  const config = join(dir, "millrace.json")
  writeFileSync(join(dir, "secret"), "a secret of more than thirty-two characters")
  writeFileSync(
    config,
    JSON.stringify({
      dataDir: "data",
      auth: { keys: [{ id: "main", algorithm: "HS256", secret: { file: "secret" } }] },
      targets: { files: { kind: "files", dir: "out" } },
      bindings: [{ name: "copies", target: "files", collections: ["datasets"] }],
    }),
  )
  const running = await start("--port", "0", "--config", config)
  atEndOfTests(() => running.killGroup())
  expect((await fetch(`${running.ready}dev/token`)).status).toBe(404)
  const without = await cli("export", "--workspace", "w", "--url", running.ready)
  expect(without.code).toBe(1)
  expect(without.err).toContain("MILLRACE_TOKEN")
  const { token } = await cliJson<{ token: string }>("token", "--workspace", "w", "--role", "write", "--config", config)
  const table = { qualifiedName: "a.b", database: "a", name: "b", external: false, columns: [], partitionKeys: [] }
  writeFileSync(join(dir, "tables.json"), JSON.stringify([table]))
  const server = ["--workspace", "w", "--url", running.ready, "--token", token]
  expect((await cli("import", join(dir, "tables.json"), ...server)).code).toBe(0)
  expect(JSON.parse((await cli("export", "--format", "catalog", ...server)).out)).toEqual([table])
  await waitFor(() => readFileSync(join(dir, "out/w/datasets/a.b.json"), "utf8").includes('"a"'), {
    what: "the record's file",
  })
  expect((await running.kill("SIGTERM")).code).toBe(0)
})

describe("what cannot start says why", () => {
  test("W104 a data folder that cannot be written", async () => {
    const dir = tempDir("unwritable")
    writeFileSync(join(dir, "file"), "")
    const result = await refusedStart("--port", "0", "--data", join(dir, "file", "data"))
    expect(result.code).toBe(1)
    expect(result.stderr).toMatch(/The data folder .* cannot be written .*choose another with --data/)
    // A file system on which a recursive mkdir of Node.js never returns.
    const inProc = await refusedStart("--port", "0", "--data", "/proc/millrace")
    expect(inProc.code).toBe(1)
    expect(inProc.stderr).toContain("cannot be written")
  })

  test("W104 a port that something else uses", async () => {
    const port = await freePort()
    const other = createServer().listen(port, "127.0.0.1")
    atEndOfTests(async () => void other.close())
    const result = await refusedStart("--port", String(port), "--data", join(tempDir("taken"), "data"))
    expect(result.code).toBe(1)
    expect(result.stderr).toContain("is taken: stop what uses it, or choose another with --port")
  })

  test("W104 a configuration with wrong fields, a port that is none, an unknown option", async () => {
    const dir = tempDir("wrong")
    mkdirSync(dir, { recursive: true })
    writeFileSync(
      join(dir, "millrace.json"),
      JSON.stringify({ bindings: [{ name: "x", target: "y", collections: ["z"] }] }),
    )
    const wrong = await refusedStart("--config", join(dir, "millrace.json"))
    expect(wrong.code).toBe(64)
    expect(wrong.stderr).toContain('bindings[0].target: no target is named "y"')
    expect((await refusedStart("--port", "99999")).code).toBe(64)
    expect((await refusedStart("--colour", "red")).code).toBe(64)
  })
})
