import { type ChildProcess, spawn } from "node:child_process"
import { createInterface } from "node:readline"
import type { Look } from "./operations.ts"
import type { StackClient } from "./stack-client.ts"

export interface LineClientOptions {
  readonly name: string
  readonly file: string
  readonly args: readonly string[]
  /** First command: where to connect, and as whom. */
  readonly url: string
  readonly clientId: number | undefined
}

const answerDeadlineMs = 30_000

/** A client in a process of its own: a line of JSON in, a line of JSON out. It ends when its input does. */
export async function openLineClient(options: LineClientOptions): Promise<StackClient> {
  const child = spawn(options.file, [...options.args], { stdio: ["pipe", "pipe", "pipe"] })
  const ask = conversation(options.name, child)
  await ask({ cmd: "start", url: options.url, clientId: options.clientId ?? null })
  return {
    name: options.name,
    edit: async (ops) => void (await ask({ cmd: "edit", ops })),
    look: async () => (await ask({ cmd: "look" })) as Look,
    close: async () => {
      const ended = new Promise<void>((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) resolve()
        else child.once("exit", () => resolve())
      })
      child.stdin.end()
      const late = setTimeout(() => child.kill("SIGKILL"), 2000)
      await ended
      clearTimeout(late)
    },
  }
}

/** Asks a program that answers each line of JSON with one; rejects what it does not answer. */
export function conversation(name: string, child: ChildProcess): (command: object) => Promise<unknown> {
  const { stdin, stdout, stderr } = child
  if (stdin === null || stdout === null || stderr === null) throw new Error(`${name} has no pipes.`)
  const waiting: { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }[] = []
  let errors = ""
  stdin.on("error", () => {})
  stderr.setEncoding("utf8").on("data", (text: string) => (errors = (errors + text).slice(-2000)))
  createInterface({ input: stdout }).on("line", (line) => waiting.shift()?.resolve(JSON.parse(line)))
  const end = (): void => {
    for (const one of waiting.splice(0)) one.reject(new Error(`${name} ended.\n${errors}`))
  }
  child.once("error", end).once("close", end)
  return (command) =>
    new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${name} did not answer.\n${errors}`)), answerDeadlineMs)
      waiting.push({
        resolve: (value) => {
          clearTimeout(late)
          resolve(value)
        },
        reject: (error) => {
          clearTimeout(late)
          reject(error)
        },
      })
      stdin.write(`${JSON.stringify(command)}\n`)
    })
}
