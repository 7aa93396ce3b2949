import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { tempDir, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { cli, cliJson } from "./support/cli.ts"
import { startParts } from "./support/parts.ts"

const table = { qualifiedName: "a.b", database: "a", name: "b", external: false, columns: [], partitionKeys: [] }

interface Plan {
  readonly id: string
  readonly steps: readonly { readonly action: string; readonly id: string }[]
}

test("W116 plan, apply, releases, rollback, drift, pause, check and the rest do on the command line what they say, with exit codes for programs", async () => {
  const dir = tempDir("operate")
  const parts = await startParts(dir, {
    targets: { files: { kind: "files", dir: "out" } },
    bindings: [{ name: "jobs", target: "files", collections: ["datasets"], mode: "published" }],
  })
  await parts.startRelay()
  await parts.startProjector()
  const as = async (role: string, workspace = "w"): Promise<readonly string[]> => [
    "--url",
    parts.url,
    "--token",
    await parts.token(workspace, role),
  ]
  const publisher = await as("publish")
  const place = ["--workspace", "w", "--binding", "jobs", ...publisher]
  const file = join(dir, "out/w/datasets/a.b.json")
  const importing = async (comment: string): Promise<void> => {
    writeFileSync(join(dir, "tables.json"), JSON.stringify([{ ...table, comment }]))
    expect((await cli("import", join(dir, "tables.json"), "--workspace", "w", ...publisher)).code).toBe(0)
  }
  const planned = async (): Promise<Plan> => {
    let plan: Plan = { id: "", steps: [] }
    await waitFor(
      async () => {
        const { code, out } = await cli("plan", ...place, "--json")
        if (out !== "") plan = JSON.parse(out) as Plan
        return code === 2
      },
      { what: "something to plan" },
    )
    return plan
  }

  // Nothing is sent before somebody with role publish has approved it.
  await importing("one")
  const first = await planned()
  expect(first.steps).toMatchObject([{ action: "create", id: "a.b" }])
  const inWords = await cli("plan", ...place)
  expect([inWords.code, inWords.out]).toEqual([2, expect.stringContaining(`plan ${first.id}`)])
  const asWriter = await cli("apply", first.id, "--workspace", "w", "--binding", "jobs", ...(await as("write")))
  expect([asWriter.code, asWriter.err]).toEqual([1, expect.stringContaining("This needs role publish")])
  expect((await cli("apply", first.id, ...place, "--note", "the first")).code).toBe(0)
  await waitFor(() => readFileSync(file, "utf8").includes('"one"'), { what: "release 1 in the files" })

  // A plan that somebody looked at before the last change is refused.
  await importing("two")
  const second = await planned()
  await importing("three")
  await waitFor(async () => (await planned()).id !== second.id, { what: "the change" })
  expect((await cli("apply", second.id, ...place)).err).toContain("The plan is stale")
  expect((await cli("apply", (await planned()).id, ...place)).code).toBe(0)
  await waitFor(() => readFileSync(file, "utf8").includes('"three"'), { what: "release 2 in the files" })

  // Back to the first one.
  expect((await cli("rollback", "1", ...place, "--note", "three was wrong")).out).toContain(
    "Release 3 brings back release 1",
  )
  await waitFor(() => readFileSync(file, "utf8").includes('"one"'), { what: "release 1's content" })
  const { releases } = await cliJson<{ releases: { number: number; rollbackOf?: number }[] }>("releases", ...place)
  expect(releases).toMatchObject([{ number: 3, rollbackOf: 1 }, { number: 2 }, { number: 1, note: "the first" }])
  expect((await cli("releases", ...place)).out).toContain("back to 1: three was wrong")

  // Somebody changes the target behind our back.
  await waitFor(async () => (await cli("drift", ...place)).code === 0, { what: "the target to be as applied" })
  writeFileSync(file, readFileSync(file, "utf8").replace('"one"', '"by hand"'))
  const drift = await cli("drift", ...place)
  expect([drift.code, drift.out]).toEqual([2, expect.stringContaining('comment: "one" -> "by hand"')])

  const admin = await as("admin", "*")
  expect((await cli("check", "files", ...admin)).code).toBe(0)
  expect((await cli("check", "none", ...admin)).err).toContain('There is no target "none"')
  expect((await cli("pause", "--target", "files", ...admin)).out).toBe("Paused: target/files.\n")
  expect((await cli("resume", "--target", "files", ...admin)).out).toBe("Nothing is paused.\n")
  expect((await cli("pause", ...admin)).code).toBe(64)
  expect((await cli("pause", "--target", "files", ...publisher)).err).toContain('role admin for "*"')
  expect((await cli("parked", "list", "--workspace", "w", ...publisher)).out).toBe("Nothing is parked.\n")
  expect((await cli("parked", "retry", ...place)).out).toBe("0 are tried again.\n")
  expect((await cli("parked", "drop", "datasets/a.b", "9", ...place)).err).toContain("look again")
  expect((await cli("parked", "drop", "datasets", "9", ...place)).code).toBe(64)
  expect((await cli("conflicts", "--workspace", "w", ...publisher)).out).toBe("Nothing waits for an answer.\n")
  const none = await cli("resolve", "x", "--workspace", "w", "--choice", "ours", ...publisher)
  expect([none.code, none.err]).toEqual([1, expect.stringContaining("There is no open conflict x")])
  expect((await cli("confirm", ...place)).out).toContain("Confirmed: 0 deletions")
  expect((await cli("resync", ...place)).code).toBe(0)
  expect((await cli("act", "run", "datasets", "a.b", ...place)).err).toContain('does not offer "run"')
})

test("W117 what a live target has is adopted into an empty workspace", async () => {
  const dir = tempDir("adopt")
  const parts = await startParts(dir, {
    targets: { files: { kind: "files", dir: "out" } },
    bindings: [{ name: "copies", target: "files", collections: ["datasets"], workspaces: ["old"] }],
  })
  await parts.startRelay()
  await parts.startProjector()
  const place = [
    "--workspace",
    "old",
    "--binding",
    "copies",
    "--url",
    parts.url,
    "--token",
    await parts.token("old", "publish"),
  ]
  const server = ["--workspace", "old", "--url", parts.url, "--token", await parts.token("old", "write")]
  // Something makes the workspace known.
  writeFileSync(join(dir, "tables.json"), JSON.stringify([table]))
  expect((await cli("import", join(dir, "tables.json"), ...server)).code).toBe(0)
  const file = join(dir, "out/old/datasets/a.b.json")
  await waitFor(() => readFileSync(file, "utf8").includes('"b"'), { what: "the file" })
  writeFileSync(
    join(dir, "out/old/datasets/c.d.json"),
    readFileSync(file, "utf8").replaceAll("a.b", "c.d").replaceAll('"b"', '"d"'),
  )
  const adopted = await cliJson<{ adopted: number }>("adopt", ...place)
  expect(adopted.adopted).toBe(2)
  const exported = JSON.parse((await cli("export", ...server)).out) as { datasets: Record<string, { name: string }> }
  expect(Object.keys(exported.datasets)).toEqual(["a.b", "c.d"])
})
