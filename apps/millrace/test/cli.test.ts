import { join } from "node:path"
import { writeFileSync } from "node:fs"
import { freePort, tempDir } from "@millrace/testkit"
import { expect, test } from "vitest"
import { cli, cliJson } from "./support/cli.ts"

const commands = [
  "start",
  "import",
  "export",
  "definitions",
  "status",
  "token",
  "validate",
  "check",
  "plan",
  "apply",
  "drift",
  "releases",
  "rollback",
  "conflicts",
  "resolve",
  "parked",
  "confirm",
  "adopt",
  "resync",
  "pause",
  "resume",
  "act",
]

test("W110 every command explains itself, its JSON output included", async () => {
  expect((await cli("--help")).out).toContain("Usage: millrace")
  for (const command of commands) {
    const { code, out } = await cli(command, "--help")
    expect(code).toBe(0)
    expect(out).toContain(`Usage: millrace ${command}`)
    expect(out).toContain("--json")
  }
})

test("W111 wrong usage ends with 64 and says what is wrong", async () => {
  for (const [args, message] of [
    [[], "Usage: millrace"],
    [["fly"], "unknown command 'fly'"],
    [["export"], "required option '--workspace <name>' not specified"],
    [["export", "--workspace", "No Good"], "Use 1 to 64 of a-z"],
    [["status", "--workspace", "w", "--url", "nowhere"], "Use the URL that `ready:` prints"],
    [["token", "--workspace", "w", "--role", "king"], 'There is no role "king"'],
    [["start", "--data", ""], "name a folder"],
    [["token", "--workspace", "w", "--role", "read", "--expires", "soon"], "Use a number and s, m, h or d"],
  ] as const) {
    const { code, err, out } = await cli(...args)
    expect([code, out]).toEqual([64, ""])
    expect(err).toContain(message)
  }
})

test("W112 a failure ends with 1, in words or, asked for JSON, as an error object on standard error", async () => {
  const server = ["--workspace", "w", "--url", `http://127.0.0.1:${await freePort()}`]
  const inWords = await cli("export", ...server)
  expect([inWords.code, inWords.out]).toEqual([1, ""])
  expect(inWords.err).toMatch(/^millrace: Nothing answers at .*: start it with `npm start`, or name another --url\.\n$/)
  const asJson = await cli("status", ...server, "--json")
  expect(asJson.code).toBe(1)
  expect(JSON.parse(asJson.err)).toMatchObject({ error: { kind: "unavailable", retry: "never" } })
})

test("W113 a malformed catalogue is refused before any connection, with line and field", async () => {
  const dir = tempDir("catalogue")
  const importing = async (name: string, text: string): Promise<string> => {
    writeFileSync(join(dir, name), text)
    const { code, err } = await cli("import", join(dir, name), "--workspace", "w", "--url", "http://127.0.0.1:1")
    expect(code).toBe(1)
    return err
  }
  expect(await importing("a.json", '[\n  { "qualifiedName": "a.b",\n')).toMatch(/line [23]/)
  const wrongField =
    '[\n{"qualifiedName":"a.b","database":"a","name":"b",\n"external":"yes","columns":[],"partitionKeys":[]}]'
  const message = await importing("b.json", wrongField)
  expect(message).toContain("line 3")
  expect(message).toContain("external")
  const table = '{"qualifiedName":"a.b","database":"a","name":"b","external":true,"columns":[],"partitionKeys":[]}'
  expect(await importing("c.ndjson", `${table}\n{"qualifiedName":7}\n`)).toContain("line 2")
  expect((await cli("import", join(dir, "none.json"), "--workspace", "w")).err).toContain("cannot be read")
})

test("W114 tokens are signed offline with the key of the data folder, which the first call makes", async () => {
  const data = join(tempDir("token"), "data")
  const { out, err, code } = await cli("token", "--workspace", "catalog", "--role", "read", "--data", data)
  expect(code).toBe(0)
  expect(err).toContain(`${data} has no key: a new one is made`)
  expect((await cli("token", "--workspace", "catalog", "--role", "read", "--data", data)).err).toBe("")
  expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
  const asked = "--workspace sales* --role projector --expires 30m --data".split(" ")
  const made = await cliJson<{ token: string; tokenId: string; expiresAtMs: number }>("token", ...asked, data)
  const claims = JSON.parse(Buffer.from(made.token.split(".")[1] ?? "", "base64url").toString()) as object
  expect(claims).toMatchObject({
    sub: "cli",
    workspaces: { "sales*": "projector" },
    exp: Math.ceil(made.expiresAtMs / 1000),
    // By which the relay can revoke it.
    jti: made.tokenId,
    iat: expect.any(Number) as number,
  })
})

test("W115 a configuration is checked whole without starting anything: fields, targets' own settings, bindings against the schema", async () => {
  const dir = tempDir("validate")
  const validate = async (config: object): Promise<readonly [number, string]> => {
    const file = join(dir, "millrace.config.ts")
    writeFileSync(
      file,
      `import { defineConfig } from "@millrace/config"\nexport default defineConfig(${JSON.stringify(config)})\n`,
    )
    const { code, out, err } = await cli("validate", "--config", file)
    return [code, code === 0 ? out : err]
  }
  const targets = { flume: { kind: "flume", url: "http://127.0.0.1:5140" } }
  const binding = { name: "events", target: "flume", collections: ["datasets"] }
  expect(await validate({ targets, bindings: [binding] })).toEqual([0, expect.stringContaining("can be used")])
  expect(await validate({ targets: { flume: { kind: "flume", url: "nowhere" } } })).toEqual([
    64,
    expect.stringContaining("targets.flume.url"),
  ])
  expect(await validate({ targets, bindings: [{ ...binding, collections: ["cats"] }] })).toEqual([
    64,
    expect.stringContaining('names collection "cats", which the schema does not have'),
  ])
  expect(await validate({ targets, bindings: [{ ...binding, target: "atlas" }] })).toEqual([
    64,
    expect.stringContaining('no target is named "atlas"'),
  ])
})
