import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { runProcess, type RunningProcess, spawnProcess, tempDir, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { root } from "./repository.ts"

/** A launcher like start.mjs, for a program that notes its signals and ends with 7 at `SIGTERM`, 8 at `SIGINT`. */
function writeLauncher(options: string): string {
  const folder = tempDir("launch")
  const program = join(folder, "program.ts")
  writeFileSync(
    program,
    `const codes: Record<string, number> = { SIGTERM: 7, SIGINT: 8 }
    let count = 0
    for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => {
      console.log("got", signal, ++count)
      setTimeout(() => process.exit(codes[signal]), 300)
    })
    setInterval(() => {}, 1000)
    console.log("pid", process.pid, process.version, process.argv.slice(2).join(" "))`,
  )
  const launcher = join(folder, "launcher.mjs")
  writeFileSync(
    launcher,
    `import { runNode24 } from ${JSON.stringify(join(root, "tools/node24.mjs"))}
    runNode24([${JSON.stringify(program)}, ...process.argv.slice(2)], ${options})`,
  )
  return launcher
}

async function launch(options: string): Promise<{ launcher: RunningProcess; pid: number }> {
  const launcher = await spawnProcess({
    file: process.execPath,
    args: [writeLauncher(options), "a", "b c"],
    readyLine: /^pid (\d+) v24\.\d+\.\d+ a b c$/,
  })
  return { launcher, pid: Number(launcher.ready) }
}

function lives(pid: number): boolean {
  return spawnSync("kill", ["-0", String(pid)]).status === 0
}

test("a program started for good gets a terminal's signal once, and its exit code is the launcher's", async () => {
  const { launcher, pid } = await launch("{ ownSession: true }")
  process.kill(-launcher.pid, "SIGINT")
  expect(await launcher.exited).toEqual({ code: 8, signal: null })
  expect(launcher.stdout).toContain("got SIGINT 1\n")
  expect(launcher.stdout).not.toContain("got SIGINT 2")
  expect(lives(pid)).toBe(false)
})

test("a signal to the launcher alone reaches the program", async () => {
  const { launcher, pid } = await launch("{ ownSession: true }")
  expect(await launcher.kill("SIGTERM")).toEqual({ code: 7, signal: null })
  expect(lives(pid)).toBe(false)
})

test("a launcher that is killed leaves no program behind", async () => {
  const { launcher, pid } = await launch("{ ownSession: true }")
  await launcher.kill("SIGKILL")
  await waitFor(() => !lives(pid), { what: "the program to stop by itself" })
})

test("a program that a signal ended gives the exit code that shells give", async () => {
  const { launcher, pid } = await launch("{}")
  process.kill(pid, "SIGKILL")
  expect(await launcher.exited).toEqual({ code: 137, signal: null })
})

test("the test command refuses what it does not know, and names what there is", async () => {
  const run = (...args: string[]): ReturnType<typeof runProcess> =>
    runProcess({
      file: process.execPath,
      args: ["--conditions=source", join(root, "tools/test.ts"), ...args],
    })
  const wrong = await run("--suite", "slow")
  expect(wrong.code).toBe(64)
  expect(wrong.stderr).toMatch(/no suite "slow"[^]*checks, hermetic, browser, real, power, pycrdt, corpus/)
  expect((await run("--projct", "model")).code).toBe(64)
  expect((await run("--help")).stdout).toContain("--project NAME")
})

test("work under the lock is done by one process at a time, and an owner's death frees it", async () => {
  const folder = tempDir("lock")
  mkdirSync(join(folder, "tools"))
  for (const name of ["lock.mjs", "node24.mjs"]) cpSync(join(root, "tools", name), join(folder, "tools", name))
  const worker = join(folder, "worker.mjs")
  writeFileSync(
    worker,
    `import { appendFileSync } from "node:fs"
    import { locked } from ${JSON.stringify(join(folder, "tools/lock.mjs"))}
    await locked(async () => {
      if (process.argv[2] === "stay") console.log("has it")
      await new Promise((resolve) => setTimeout(resolve, process.argv[2] === "stay" ? 60_000 : 100))
      appendFileSync(${JSON.stringify(join(folder, "log"))}, "begin ")
      await new Promise((resolve) => setTimeout(resolve, 100))
      appendFileSync(${JSON.stringify(join(folder, "log"))}, "end ")
    }, () => console.log("waiting"))`,
  )
  const owner = await spawnProcess({ file: process.execPath, args: [worker, "stay"], readyLine: /has it/ })
  const others = await Promise.all(
    [1, 2, 3].map(() => spawnProcess({ file: process.execPath, args: [worker], readyLine: /waiting/ })),
  )
  await owner.kill("SIGKILL")
  for (const other of others) expect(await other.exited).toEqual({ code: 0, signal: null })
  expect(readFileSync(join(folder, "log"), "utf8")).toBe("begin end begin end begin end ")
})

test("a quiet run keeps its output, and ends with all its children when its starter is told to stop", async () => {
  const script = join(tempDir("quiet"), "quiet.mjs")
  writeFileSync(
    script,
    `import { runQuietly } from ${JSON.stringify(join(root, "tools/run-quietly.mjs"))}
    const shell = (text) => runQuietly("/bin/sh", ["-c", text], {})
    console.log(JSON.stringify([await shell("echo out; echo err >&2; exit 3"), await runQuietly("/no/such", [], {})]))
    console.log("pid", process.pid)
    await shell("sleep 60 & echo $! > ${join(script, "../child")}; wait")`,
  )
  const running = await spawnProcess({ file: process.execPath, args: [script], readyLine: /^pid/ })
  expect(running.stdout).toContain('[{"how":"code 3","output":"out\\nerr\\n"},{"output":""}]')
  const child = await waitFor(() => Number(readFileSync(join(script, "../child"), "utf8")), { what: "the child's pid" })
  expect(await running.kill("SIGTERM")).toEqual({ code: 143, signal: null })
  await waitFor(() => !lives(child), { what: "the quiet run's child to end" })
})
