import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { checkConfig, loadConfig, readSecret } from "../src/index.ts"

let dir = ""
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "millrace-config-"))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const good = {
  listen: "127.0.0.1:4400",
  dataDir: "data",
  auth: { keys: [{ id: "main", algorithm: "HS256", secret: { file: "key" } }] },
  targets: { flume: { kind: "flume", url: "http://127.0.0.1:5140" } },
  bindings: [{ name: "events", target: "flume", collections: ["datasets"] }],
}

test("J101 a configuration is read from JSON with its paths relative to the file", async () => {
  await writeFile(join(dir, "millrace.json"), JSON.stringify(good))
  const config = await loadConfig(join(dir, "millrace.json"))
  expect(config.listen).toEqual({ host: "127.0.0.1", port: 4400 })
  expect(config.dataDir).toBe(join(dir, "data"))
  expect(config.auth?.keys?.[0]).toMatchObject({ secret: { file: join(dir, "key") } })
  expect(config.bindings[0]?.workspaces).toEqual(["*"])
  expect(config.targets["flume"]?.["url"]).toBe("http://127.0.0.1:5140")
})

test("J101 a configuration is read from the default export of a TypeScript file", async () => {
  await writeFile(
    join(dir, "millrace.config.ts"),
    `const port: number = 5000\nexport default { listen: { host: "::1", port } }\n`,
  )
  expect((await loadConfig(join(dir, "millrace.config.ts"))).listen).toEqual({ host: "::1", port: 5000 })
})

test("J102 every wrong field is named, each on its line", () => {
  const wrong = {
    listen: "nowhere",
    colour: "red",
    auth: { keys: [{ id: "main", algorithm: "none", secret: "hunter2" }] },
    origins: ["app.example"],
    bindings: [{ name: "Events", target: "flume", collections: [] }],
  }
  const run = (): unknown => checkConfig(wrong, "millrace.json")
  expect(run).toThrow(/listen: must be "HOST:PORT"/)
  expect(run).toThrow(/colour: is not a known setting/)
  expect(run).toThrow(/auth\.keys\[0\]\.algorithm: must be "HS256", "EdDSA" or "RS256"/)
  expect(run).toThrow(/origins\[0\]: must be an origin/)
  expect(run).toThrow(/bindings\[0\]\.name: must be 1 to 64/)
  expect(run).toThrow(/bindings\[0\]\.collections: names no collection/)
  expect(run).not.toThrow(/hunter2/)
})

test("J102 a secret in the place of its name is refused without being repeated", () => {
  const wrong = { auth: { keys: [{ id: "main", algorithm: "HS256", secret: "hunter2" }] } }
  const run = (): unknown => checkConfig(wrong, "millrace.json")
  expect(run).toThrow(/auth\.keys\[0\]\.secret: .*never written into the configuration/)
  expect(run).not.toThrow(/hunter2/)
})

test("R310 public keys and key sets are named by file or URL, over plain HTTP on this machine alone", async () => {
  const auth = {
    keys: [{ id: "idp", algorithm: "EdDSA", publicKey: { file: "idp.pem" } }],
    jwks: { file: "keys.json" },
    issuer: "https://idp.example",
    audience: "millrace",
  }
  await writeFile(join(dir, "millrace.json"), JSON.stringify({ auth, origins: ["https://app.example", "*"] }))
  expect(await loadConfig(join(dir, "millrace.json"))).toMatchObject({
    auth: {
      keys: [{ publicKey: { file: join(dir, "idp.pem") } }],
      jwks: { file: join(dir, "keys.json") },
      issuer: "https://idp.example",
    },
    origins: ["https://app.example", "*"],
  })
  const check = (given: unknown): unknown => checkConfig({ auth: given }, "c")
  for (const url of ["https://idp.example/jwks", "http://127.0.0.1:9/jwks", "http://localhost/x"]) {
    expect(() => check({ jwks: { url } })).not.toThrow()
  }
  for (const url of ["http://idp.example/jwks", "ftp://idp.example", "nowhere"]) {
    expect(() => check({ jwks: { url } })).toThrow(/auth\.jwks/)
  }
  expect(() => check({ issuer: "x" })).toThrow(/auth: names neither keys nor jwks/)
  expect(() => check({ keys: [{ id: "k", algorithm: "RS256", secret: { env: "X" } }] })).toThrow(
    /publicKey: is missing/,
  )
})

test("J102 rules across fields are errors: unknown target, names used twice", () => {
  const twice = { ...good, bindings: [...good.bindings, { name: "events", target: "atlas", collections: ["columns"] }] }
  expect(() => checkConfig(twice, "c")).toThrow(/bindings\[1\]\.target: no target is named "atlas"; there are: flume/)
  expect(() => checkConfig(twice, "c")).toThrow(/bindings\[1\]\.name: "events" is used twice/)
})

test("J102 a file that is missing, no JSON, or without default export says so", async () => {
  await writeFile(join(dir, "broken.json"), '{\n  "listen": \n}')
  await writeFile(join(dir, "empty.mjs"), "export const x = 1\n")
  await expect(loadConfig(join(dir, "none.json"))).rejects.toThrow(/cannot be read/)
  await expect(loadConfig(join(dir, "broken.json"))).rejects.toThrow(/is no JSON: line 3: ValueExpected/)
  await expect(loadConfig(join(dir, "empty.mjs"))).rejects.toThrow(/no default export/)
})

test("J103 a secret comes from the environment or a file, and its absence names the place only", async () => {
  await writeFile(join(dir, "key"), "s3cret\n")
  expect(await readSecret({ file: join(dir, "key") }, {})).toBe("s3cret")
  expect(await readSecret({ env: "KEY" }, { KEY: " abc " })).toBe("abc")
  await expect(readSecret({ env: "KEY" }, {})).rejects.toThrow(/environment variable KEY is empty or not set/)
  await expect(readSecret({ file: join(dir, "none") }, {})).rejects.toThrow(/cannot be read/)
})

test("J102 what a binding says of ownership, publishing and deletions is checked field by field", () => {
  const binding = { name: "catalogue", target: "flume", collections: ["datasets"] }
  const check = (more: object): unknown => checkConfig({ ...good, bindings: [{ ...binding, ...more }] }, "c")
  expect(
    check({
      mode: "published",
      onDelete: "ask",
      deletions: { free: 0, maxCount: 10, maxShare: 0.1, windowMs: 60_000 },
      ownership: {
        datasets: { comment: { owner: "shared", onConflict: "text-merge", null: "omit" }, "*": { owner: "app" } },
      },
    }),
  ).toMatchObject({ bindings: [{ mode: "published", workspaces: ["*"] }] })
  for (const [more, message] of [
    [{ mode: "sometimes" }, /bindings\[0\]\.mode: must be "continuous" or "published"/],
    [{ deletions: { maxShare: 60 } }, /bindings\[0\]\.deletions\.maxShare: must be 0 to 1/],
    [{ ownership: { datasets: { comment: { owner: "me" } } } }, /ownership\.datasets\.comment\.owner: must be one of/],
    [
      { ownership: { datasets: { comment: { owner: "app", onConflict: "ask" } } } },
      /ownership\.datasets\.comment: has a policy for conflicts/,
    ],
    [{ ownership: { "data sets": {} } }, /is named by letters and digits/],
  ] as const) {
    expect(() => check(more)).toThrow(message)
  }
})

test("J102 when a target is looked at, and how much it is sent at once, is checked field by field", () => {
  const binding = { name: "catalogue", target: "flume", collections: ["datasets"] }
  const check = (observe: object, limits: object = {}): unknown =>
    checkConfig({ targets: { flume: { kind: "flume", url: "x", limits } }, bindings: [{ ...binding, observe }] }, "c")
  expect(() =>
    check(
      { cron: "0 6 * * 1-5", zone: "Europe/Berlin", jitterMs: 1_000, overlap: "queue", catchUp: "once" },
      { maxBatchChanges: 50, maxCallsPerSecond: 0.5 },
    ),
  ).not.toThrow()
  for (const [observe, limits, message] of [
    [{ cron: "daily" }, {}, /observe\.cron: needs five parts/],
    [{ cron: "0 6 * * *", zone: "Mars/Base" }, {}, /observe\.zone: is no time zone/],
    [{ everyMs: 1_000, zone: "UTC" }, {}, /observe: has a zone without cron/],
    [{ everyMs: 1 }, {}, /observe\.everyMs: must be 100 or more/],
    [{}, { maxBatchChanges: 0 }, /targets\.flume\.limits\.maxBatchChanges: must be 1 or more/],
  ] as const) {
    expect(() => check(observe, limits)).toThrow(message)
  }
})
