import { spawn } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { cleanUp } from "../src/cleanup.ts"
import { runProcess, spawnNode, spawnProcess, tempDir, waitFor } from "../src/index.ts"

const shell = (script: string): { file: string; args: string[] } => ({ file: "/bin/sh", args: ["-c", script] })

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test("a process is ready once its line came, and ends with a signal's name", async () => {
  const child = await spawnProcess({ ...shell("echo ready: http://x/; sleep 60 & wait"), readyLine: /^ready: (\S+)/ })
  expect(child.ready).toBe("http://x/")
  expect(child.stdout).toBe("ready: http://x/\n")
  expect(await child.kill("SIGTERM")).toEqual({ code: null, signal: "SIGTERM" })
})

test("a process that ends before its ready line is reported with its output", async () => {
  const starting = spawnProcess({ ...shell("echo port taken >&2; exit 7"), readyLine: /^ready/ })
  await expect(starting).rejects.toThrow(/ended with code 7 before a line like[^]*port taken/)
})

test("a program that does not exist is reported by name", async () => {
  await expect(spawnProcess({ file: "/no/such/program", readyLine: /x/ })).rejects.toThrow(/no\/such\/program/)
  await expect(runProcess({ file: "/no/such/program" })).rejects.toThrow(/could not be started/)
})

test("killing the process leaves its children, killing the group does not", async () => {
  const child = await spawnProcess({ ...shell("sleep 60 & echo child $!; wait"), readyLine: /child (\d+)/ })
  const grandchild = Number(child.ready)
  await child.kill()
  expect(lives(grandchild)).toBe(true)
  expect(child.groupLives()).toBe(true)
  await child.killGroup()
  expect(child.groupLives()).toBe(false)
})

test("the clean-up at the end of a file kills what is still there, also behind a deaf parent", async () => {
  const child = await spawnProcess({
    ...shell("trap '' TERM INT; sleep 60 & echo child $!; wait; sleep 60"),
    readyLine: /child (\d+)/,
  })
  await cleanUp()
  expect(child.groupLives()).toBe(false)
  expect(await child.exited).toEqual({ code: null, signal: "SIGKILL" })
})

test("the group ends when the process that started it is killed", async () => {
  const folder = tempDir()
  const script = join(folder, "worker.ts")
  const testkit = join(import.meta.dirname, "../src/index.ts")
  writeFileSync(
    script,
    `import { spawnProcess } from ${JSON.stringify(testkit)}
    const child = await spawnProcess({ file: "/bin/sh", args: ["-c", "sleep 60 & echo child $!; wait"], readyLine: /child/ })
    console.log("started", child.pid)
    setInterval(() => {}, 1000)`,
  )
  // Not by spawnProcess: that would end the whole tree itself.
  const worker = spawn(process.execPath, ["--conditions=source", script], { stdio: ["ignore", "pipe", "inherit"] })
  let output = ""
  worker.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()))
  const found = await waitFor(() => /started (\d+)/.exec(output), { what: "the worker's child" })
  const group = Number(found[1])
  expect(lives(-group)).toBe(true)
  worker.kill("SIGKILL")
  await waitFor(() => !lives(-group), { what: "the guardian to kill the group" })
})

test("a TypeScript file runs with the packages' sources", async () => {
  const script = join(tempDir(), "hello.ts")
  writeFileSync(script, "const text: string = 'hello ' + process.argv[2]; console.log(text)")
  const child = await spawnNode(script, { args: ["you"], readyLine: /hello .*/ })
  expect(child.ready).toBe("hello you")
})

test("runProcess gives code and output, takes standard input, and removes the test runner's variables", async () => {
  const result = await runProcess({
    ...shell('cat; echo "vitest=$VITEST own=$OWN" >&2; exit 3'),
    stdin: "text",
    env: { OWN: "yes" },
  })
  expect(result).toEqual({ code: 3, signal: null, stdout: "text", stderr: "vitest= own=yes\n" })
})

test("runProcess kills what does not end in time", async () => {
  await expect(runProcess({ ...shell("echo begun; sleep 60"), deadlineMs: 300 })).rejects.toThrow(
    /did not end within 300 ms[^]*begun/,
  )
})
