import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** What one life of the writers is to do. */
export interface WriterOrders {
  /** Origin of the relay. */
  readonly url: string
  readonly workspace: string
  readonly token: string
  readonly round: number
  readonly seed: number
  /** File to which acknowledgements are appended, line by line. */
  readonly notes: string
  /** Writers that hear of durable edits, numbered from 0. */
  readonly writers: number
  /** Stock y-websocket writers, which are told nothing and only add load; numbered after the others. */
  readonly stockWriters: number
  /** The longest pause between two edits of one writer. */
  readonly pauseMs: number
}

/** A process of writers, started before it is needed because starting takes longer than a round. */
export class WritersProcess {
  readonly #child: ChildProcess
  readonly #ended: Promise<void>
  readonly #ready: Promise<void>
  #output = ""
  #errors = ""
  #gone = false
  #notes = ""
  #wake: (() => void) | undefined

  constructor(compileCache: string) {
    this.#child = spawn(process.execPath, ["--conditions=source", join(import.meta.dirname, "writers.ts")], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, NODE_COMPILE_CACHE: compileCache, NODE_OPTIONS: "" },
    })
    const { stdin, stdout, stderr } = this.#child
    stdin?.on("error", () => {})
    stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#output += text
      this.#wake?.()
    })
    stderr?.setEncoding("utf8").on("data", (text: string) => (this.#errors = (this.#errors + text).slice(-4000)))
    // "close" comes after the last byte of what it said.
    this.#ended = new Promise((resolve) => {
      this.#child.once("close", (code, signal) => {
        this.#gone = true
        this.#errors += `The writers ended with ${signal ?? `code ${code}`}.`
        resolve()
      })
    })
    this.#ready = this.#until(() => this.#output.includes("ready"))
  }

  /** What was noted, line by line; all of it once the process has ended. */
  get lines(): readonly string[] {
    return existsSync(this.#notes) ? readFileSync(this.#notes, "utf8").split("\n").slice(0, -1) : []
  }

  get errors(): string {
    return this.#errors
  }

  async begin(orders: WriterOrders): Promise<void> {
    await this.#ready
    this.#notes = orders.notes
    this.#child.stdin?.write(`${JSON.stringify(orders)}\n`)
  }

  /** Resolves once anything was acknowledged; rejects when the process ends before or the deadline passes. */
  async acknowledged(deadlineMs: number): Promise<void> {
    const late = AbortSignal.timeout(deadlineMs)
    late.addEventListener("abort", () => this.#wake?.())
    await this.#until(() => late.aborted || this.#output.includes("acknowledged"))
    if (!this.#output.includes("acknowledged")) {
      throw new Error(`No edit was acknowledged within ${deadlineMs} ms. ${this.#errors}`)
    }
  }

  kill(): void {
    this.#child.kill("SIGKILL")
  }

  /** Lets one that was never begun end by itself. */
  dismiss(): Promise<void> {
    this.#child.stdin?.end()
    return this.#ended
  }

  /** Resolves when it is gone and all that it said is here. */
  get ended(): Promise<void> {
    return this.#ended
  }

  async #until(seen: () => boolean): Promise<void> {
    void this.#ended.then(() => this.#wake?.())
    while (!seen() && !this.#gone) await new Promise<void>((resolve) => (this.#wake = resolve))
  }
}
