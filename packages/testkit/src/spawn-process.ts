import { type ChildProcess, spawn } from "node:child_process"
import { atEndOfTests } from "./cleanup.ts"
import { groupLives, guardGroup, signalGroup } from "./guardian.ts"
import { waitFor } from "./wait-for.ts"

export interface SpawnOptions {
  readonly file: string
  readonly args?: readonly string[]
  /** On top of this process's environment without the test runner's own variables; undefined removes one. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Text for its standard input, which then ends. */
  readonly stdin?: string
}

export interface ReadyOptions extends SpawnOptions {
  /** Awaited in standard output or standard error, line by line; its first group or whole match is `ready`. */
  readonly readyLine?: RegExp
  /** Default 30,000. */
  readonly readyDeadlineMs?: number
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface RunningProcess {
  readonly pid: number
  /** The first group of `readyLine`, or all that it matched; empty without a `readyLine`. */
  readonly ready: string
  readonly match: RegExpExecArray | undefined
  /** All output so far, at most the last 4 MB of each. */
  readonly stdout: string
  readonly stderr: string
  readonly exited: Promise<Exit>
  /** Signals this one process, not its children, and resolves when it has exited. Default SIGKILL. */
  kill(signal?: NodeJS.Signals): Promise<Exit>
  /** Signals the process without awaiting anything, SIGSTOP and SIGCONT for instance. */
  signal(signal: NodeJS.Signals): void
  /** Kills it and all its descendants that stayed in its process group. */
  killGroup(): Promise<void>
  /** Whether anything of its process group is alive, orphans included. */
  groupLives(): boolean
  /** Awaits a line of output from any time, past or to come. */
  line(pattern: RegExp, deadlineMs?: number): Promise<RegExpExecArray>
}

const maxKeptChars = 4_000_000

/**
 * Starts a program in a process group of its own and awaits its ready line.
 *
 * The whole group is killed at the end of the test file, or when the test worker dies in whatever way. Throws, with the
 * program's output, when it exits or the deadline passes before the line was seen.
 */
export async function spawnProcess(options: ReadyOptions): Promise<RunningProcess> {
  const running = begin(options)
  if (options.readyLine === undefined) return running.process
  try {
    const found = await running.process.line(options.readyLine, options.readyDeadlineMs ?? 30_000)
    return running.readyAs(found)
  } catch (error) {
    await running.process.killGroup()
    throw error
  }
}

/** `spawnProcess` of a TypeScript file with the Node.js that runs the tests, on the packages' sources. */
export function spawnNode(script: string, options: Omit<ReadyOptions, "file"> = {}): Promise<RunningProcess> {
  return spawnProcess({
    ...options,
    file: process.execPath,
    args: ["--conditions=source", script, ...(options.args ?? [])],
  })
}

export interface Finished extends Exit {
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end; after `deadlineMs`, default 60,000, kills its group and throws with the output. */
export async function runProcess(options: SpawnOptions & { readonly deadlineMs?: number }): Promise<Finished> {
  const { process: child } = begin(options)
  const deadlineMs = options.deadlineMs ?? 60_000
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), deadlineMs)
  })
  const exit = await Promise.race([child.exited, late])
  clearTimeout(timer)
  if (exit === "late") {
    await child.killGroup()
    throw new Error(`${options.file} did not end within ${deadlineMs} ms.\n${outputOf(child)}`)
  }
  return { ...exit, stdout: child.stdout, stderr: child.stderr }
}

function begin(options: SpawnOptions): {
  process: RunningProcess
  readyAs: (match: RegExpExecArray) => RunningProcess
} {
  const child = spawn(options.file, [...(options.args ?? [])], {
    cwd: options.cwd,
    env: cleanEnvironment(options.env ?? {}),
    stdio: [options.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    detached: true,
  })
  child.stdin?.on("error", () => {})
  child.stdin?.end(options.stdin)
  const stdout = collect(child, "stdout")
  const stderr = collect(child, "stderr")
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once("error", (error) => reject(new Error(`${options.file} could not be started: ${error.message}`)))
    // "close" comes after the last byte of output, but also waits for orphans that hold the pipes: "exit" and a turn
    // of the event loop must do where such live on.
    child.once("close", (code, signal) => resolve({ code, signal }))
    child.once("exit", (code, signal) => void setTimeout(() => resolve({ code, signal }), 200))
  })
  exited.catch(() => {})

  const pid = child.pid ?? 0
  const release = pid === 0 ? () => {} : guardGroup(pid)
  const forget = atEndOfTests(() => killGroup())
  const settleIfGone = (): void => {
    if (groupLives(pid)) return
    release()
    forget()
  }
  exited.then(settleIfGone, () => forget())

  async function killGroup(): Promise<void> {
    if (pid === 0) return
    if (child.exitCode === null && child.signalCode === null) signalGroup(pid, "SIGKILL")
    await exited
    if (groupLives(pid)) signalGroup(pid, "SIGKILL")
    await waitFor(() => !groupLives(pid), { what: `process group ${pid} of ${options.file} to end` })
    settleIfGone()
  }

  let ended: Exit | undefined
  exited.then(
    (exit) => (ended = exit),
    () => {},
  )

  const running: RunningProcess = {
    pid,
    ready: "",
    match: undefined,
    get stdout() {
      return stdout()
    },
    get stderr() {
      return stderr()
    },
    exited,
    kill: (signal = "SIGKILL") => {
      child.kill(signal)
      return exited
    },
    signal: (signal) => void child.kill(signal),
    killGroup,
    groupLives: () => groupLives(pid),
    line: async (pattern, deadlineMs = 30_000) => {
      if (pid === 0) await exited
      const found = await waitFor(
        () => find(pattern, stdout()) ?? find(pattern, stderr()) ?? (ended === undefined ? undefined : "ended"),
        {
          what: `a line like ${String(pattern)} of ${options.file}`,
          deadlineMs,
          detail: () => outputOf(running),
        },
      )
      if (found !== "ended") return found
      const how = ended?.signal ?? `code ${String(ended?.code)}`
      throw new Error(`${options.file} ended with ${how} before a line like ${String(pattern)}.\n${outputOf(running)}`)
    },
  }
  const readyAs = (match: RegExpExecArray): RunningProcess =>
    Object.create(running, {
      match: { value: match, enumerable: true },
      ready: { value: match[1] ?? match[0], enumerable: true },
    }) as RunningProcess
  return { process: running, readyAs }
}

function collect(child: ChildProcess, name: "stdout" | "stderr"): () => string {
  let text = ""
  child[name]?.setEncoding("utf8")
  child[name]?.on("data", (chunk: string) => {
    text += chunk
    if (text.length > 2 * maxKeptChars) text = text.slice(-maxKeptChars)
  })
  return () => text.slice(-maxKeptChars)
}

function find(pattern: RegExp, text: string): RegExpExecArray | undefined {
  for (const line of text.split("\n")) {
    const match = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, "")).exec(line)
    if (match !== null) return match
  }
  return undefined
}

function outputOf(child: RunningProcess): string {
  return `--- standard output\n${child.stdout.slice(-4000)}\n--- standard error\n${child.stderr.slice(-4000)}`
}

const runnersOwn = /^(VITEST.*|NODE_ENV|NODE_OPTIONS|NODE_V8_COVERAGE|TEST|DEV|PROD|SSR|MODE|BASE_URL)$/

function cleanEnvironment(extra: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const all = { ...Object.fromEntries(Object.entries(process.env).filter(([key]) => !runnersOwn.test(key))), ...extra }
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
