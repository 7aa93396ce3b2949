import { type ChildProcess, spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { type Clock, MillraceError, type Timer } from "@millrace/ports"
import { type ChildEvent, type ChildState, childTransitions } from "./child-state.ts"

export interface ChildOptions {
  readonly name: string
  /** Program file, run with this Node.js and its own flags. */
  readonly file: string
  readonly args: () => readonly string[]
  /** Its first group is the origin at which the process listens. */
  readonly readyLine: RegExp
  readonly clock: Clock
  /** Pause before the first new start; doubled while it keeps dying, up to thirty times. */
  readonly restartAfterMs: number
  readonly say: (text: string) => void
}

const stopPatienceMs = 10_000
const steadyAfterMs = 60_000

/** One supervised process: started again when it dies, stopped with SIGTERM and, if it stays, SIGKILL. */
export class Child {
  readonly #options: ChildOptions
  #state: ChildState = "stopped"
  #process: ChildProcess | undefined
  #origin: string | undefined
  #deaths = 0
  #timer: Timer | undefined
  #settleFirst: ((error?: MillraceError) => void) | undefined
  #whenStopped: (() => void)[] = []

  constructor(options: ChildOptions) {
    this.#options = options
  }

  /** Where it listens; undefined while it is down. */
  get origin(): string | undefined {
    return this.#origin
  }

  /** Starts it and resolves at its first ready line; rejects when it ends before that, and does not try again. */
  start(): Promise<void> {
    this.#state = "starting"
    return new Promise((resolve, reject) => {
      this.#settleFirst = (error) => (error === undefined ? resolve() : reject(error))
      this.#spawn()
    })
  }

  /** Resolves when it is gone. Idempotent. */
  stop(): Promise<void> {
    if (this.#state === "stopped") return Promise.resolve()
    const stopped = new Promise<void>((resolve) => this.#whenStopped.push(resolve))
    const { clock } = this.#options
    this.#on("stop")
    if (this.#process !== undefined) {
      const running = this.#process
      running.kill("SIGTERM")
      this.#timer?.cancel()
      this.#timer = clock.after(stopPatienceMs, () => void running.kill("SIGKILL"))
    }
    return stopped
  }

  #spawn(): void {
    const { args, file, clock, name, readyLine, say } = this.#options
    // Its standard input stays open as long as this process lives; its end tells the child that we are gone.
    const child = spawn(process.execPath, [...process.execArgv, file, ...args()], {
      stdio: ["pipe", "pipe", "inherit"],
    })
    const startedMs = clock.nowMs()
    this.#process = child
    createInterface({ input: child.stdout }).on("line", (line) => {
      const origin = readyLine.exec(line)?.[1]
      if (origin === undefined || this.#state !== "starting") return say(`${name}: ${line}\n`)
      this.#origin = origin
      say(`${name}: pid ${child.pid}, ${origin}\n`)
      this.#on("ready")
    })
    child.once("error", (error) => say(`${name}: ${error.message}\n`))
    child.once("close", (code, signal) => {
      if (clock.nowMs() - startedMs > steadyAfterMs) this.#deaths = 0
      this.#process = undefined
      this.#origin = undefined
      if (this.#state !== "stopping") say(`${name}: ended (${signal ?? `exit code ${code}`})\n`)
      this.#on("exited")
    })
  }

  #on(event: ChildEvent): void {
    const before = this.#state
    this.#state = this.#settleFirst !== undefined && event === "exited" ? "stopped" : childTransitions[before][event]
    if (this.#state === before) return
    const { clock, name, restartAfterMs } = this.#options
    switch (this.#state) {
      case "running":
        this.#settle()
        return
      case "waiting":
        this.#timer = clock.after(restartAfterMs * Math.min(30, 2 ** this.#deaths++), () => this.#on("pauseOver"))
        return
      case "starting":
        this.#spawn()
        return
      case "stopping":
        return
      case "stopped":
        this.#timer?.cancel()
        this.#settle(
          new MillraceError(`The ${name} process ended before it was ready; its last lines above say why.`, {
            kind: "unavailable",
          }),
        )
        for (const resolve of this.#whenStopped.splice(0)) resolve()
    }
  }

  #settle(error?: MillraceError): void {
    this.#settleFirst?.(error)
    this.#settleFirst = undefined
  }
}
