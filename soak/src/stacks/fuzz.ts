import { setTimeout as pause } from "node:timers/promises"
import { type SeededRandom, startToxicProxy, type ToxicProxy, waitFor } from "@millrace/testkit"
import * as Y from "yjs"
import { joinCold } from "../relay/join.ts"
import { type Look, OperationSource } from "./operations.ts"
import { lookAt } from "./shared-document.ts"
import type { Stack, StackClient } from "./stack-client.ts"

export interface FuzzOptions {
  /** Origin of the relay. */
  readonly url: string
  readonly workspace: string
  readonly token: string
  readonly random: SeededRandom
  /** Each takes part with one client of an id above 2^32 and, where the stack may draw, one of its own drawing. */
  readonly stacks: readonly Stack[]
  /** Edits, cuts and heals. */
  readonly steps: number
}

export interface FuzzOutcome {
  readonly edits: number
  readonly cuts: number
  /** Ids above 2^32 among those that wrote. */
  readonly wideIds: number
  /** From the last step until all were equal. */
  readonly settleMs: number
  readonly problems: readonly string[]
}

const settleDeadlineMs = 60_000
const wide = 2 ** 32

interface Member {
  readonly client: StackClient
  readonly proxy: ToxicProxy
}

/** Stock clients of several stacks in one workspace, each behind a network that is cut and healed, until all are equal. */
export async function fuzzStacks(options: FuzzOptions): Promise<FuzzOutcome> {
  const { random, steps } = options
  const members = await openMembers(options)
  const source = new OperationSource(random.fork("operations"))
  let [edits, cuts] = [0, 0]
  try {
    for (let step = 0; step < steps; step++) {
      const { client, proxy } = random.pick(members)
      if (random.chance(0.75)) {
        await client.edit(source.draw())
        edits += 1
      } else {
        cuts += disturb(proxy, random)
      }
      if (random.chance(0.3)) await pause(random.int(30))
    }
    for (const { proxy } of members) proxy.pass()
    const healedAtMs = performance.now()
    const problems = await settle(options, members)
    const settleMs = Math.round(performance.now() - healedAtMs)
    const last = await members[0]?.client.look()
    const ids = last === undefined ? [] : [...Y.decodeStateVector(Uint8Array.from(last.state)).keys()]
    return { edits, cuts, wideIds: ids.filter((id) => id > wide).length, settleMs, problems }
  } finally {
    for (const { client, proxy } of members) {
      await client.close()
      await proxy.close()
    }
  }
}

async function openMembers(options: FuzzOptions): Promise<readonly Member[]> {
  const { url, workspace, token, random, stacks } = options
  const port = Number(new URL(url).port)
  const members: Member[] = []
  for (const stack of stacks) {
    for (const clientId of [wide + random.int(2 ** 20) * wide + random.int(2 ** 31), undefined]) {
      const proxy = await startToxicProxy({ target: { port } })
      const client = await stack.open({ server: `127.0.0.1:${proxy.port}`, workspace, token }, clientId)
      members.push({ client, proxy })
    }
  }
  return members
}

/** Does something to the network of one client, or mends it; 1 when connections were cut. */
function disturb(proxy: ToxicProxy, random: SeededRandom): number {
  switch (random.int(6)) {
    case 0:
      proxy.cut()
      return 1
    case 1:
      proxy.resetAll()
      return 1
    case 2:
      proxy.stall()
      return 0
    case 3:
      proxy.setToxics({ resetAfterBytesUp: 400 + random.int(2000), latencyMs: random.int(20) })
      return 1
    default:
      proxy.pass()
      return 0
  }
}

/** Waits until all hold the same, a fresh client included; what is wrong then, or why they did not get there. */
async function settle(options: FuzzOptions, members: readonly Member[]): Promise<readonly string[]> {
  let looks: readonly Look[] = []
  const lookAround = async (): Promise<boolean> => {
    looks = await Promise.all(members.map(({ client }) => client.look()))
    return looks.every((look) => sameLook(look, looks[0]) && look.pending !== true)
  }
  try {
    await waitFor(lookAround, { what: "all clients to hold the same", deadlineMs: settleDeadlineMs, everyMs: 50 })
  } catch {
    return members.map(({ client }, index) => `${client.name} did not settle: ${summary(looks[index])}`)
  }
  const [first] = looks
  if (first === undefined) return []
  const fresh = lookAt(await joinCold(options.url, options.workspace, options.token))
  const problems = twice(first)
  if (!sameLook(fresh, first)) problems.push(`a fresh client holds ${summary(fresh)}, the others ${summary(first)}`)
  if (fresh.pending === true) problems.push("a fresh client has structs pending")
  return problems
}

/** Every character and every string was written once. */
function twice({ text, bag }: Look): string[] {
  const problems: string[] = []
  if (new Set(text).size !== text.length) problems.push(`the text has a character twice: ${text}`)
  if (new Set(bag).size !== bag.length) problems.push(`the bag has a value twice: ${bag.join(", ")}`)
  return problems
}

function sameLook(one: Look, other: Look | undefined): boolean {
  return other !== undefined && comparable(one) === comparable(other)
}

function comparable({ text, map, bag, state }: Look): string {
  const clocks = [...Y.decodeStateVector(Uint8Array.from(state))].filter(([, clock]) => clock > 0)
  const entries = Object.entries(map)
  return JSON.stringify([text, entries.sort(byName), bag, clocks.sort(([a], [b]) => a - b)])
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}

function summary(look: Look | undefined): string {
  return look === undefined
    ? "nothing"
    : `${comparable(look).slice(0, 600)}${look.pending === true ? " (pending)" : ""}`
}
