import type { StructRange } from "./decode-update.ts"

/**
 * Whether Yjs can integrate structs, given what is there: found by placing them as Yjs does, without doing it.
 *
 * - `placed` each stands on what is there or on another of them; `clocks` has the clients that grow
 * - `missing` one needs a struct that is neither there nor among them
 * - `circular` all that they need is among them, but no order satisfies them; such an update makes Yjs throw
 */
export type Placement =
  | { readonly type: "placed"; readonly clocks: ReadonlyMap<number, number> }
  | { readonly type: "missing" }
  | { readonly type: "circular" }

interface Queue {
  readonly client: number
  readonly structs: StructRange[]
  at: number
}

export function placeStructs(structs: readonly StructRange[], knownClocks: ReadonlyMap<number, number>): Placement {
  const queues = queuesOf(structs)
  const clocks = new Map<number, number>()
  const placed = (client: number): number => clocks.get(client) ?? knownClocks.get(client) ?? 0
  const waiting = new Map<number, Queue[]>()
  const ready = [...queues.values()]
  for (let queue = ready.pop(); queue !== undefined; queue = ready.pop()) {
    const before = placed(queue.client)
    const waitsFor = advance(queue, placed, clocks)
    if (waitsFor !== undefined) waiting.set(waitsFor, [...(waiting.get(waitsFor) ?? []), queue])
    if (placed(queue.client) === before) continue
    ready.push(...(waiting.get(queue.client) ?? []))
    waiting.delete(queue.client)
  }
  const stuck = [...queues.values()].filter(({ at, structs: all }) => at < all.length)
  if (stuck.length === 0) return { type: "placed", clocks }
  const within = (client: number, clock: number): boolean =>
    clock < Math.max(placed(client), queues.get(client)?.structs.at(-1)?.end ?? 0)
  const isMissing = ({ client, structs: all, at }: Queue): boolean => {
    const struct = all[at]
    if (struct === undefined) return false
    return struct.clock > placed(client) || struct.needs.some((id) => !within(id.client, id.clock))
  }
  return { type: stuck.some(isMissing) ? "missing" : "circular" }
}

/** Places what can be placed; the client whose structs are needed first, where that is another one. */
function advance(queue: Queue, placed: (client: number) => number, clocks: Map<number, number>): number | undefined {
  for (; queue.at < queue.structs.length; queue.at++) {
    const struct = queue.structs[queue.at]
    if (struct === undefined || struct.end <= placed(queue.client)) continue
    if (struct.clock > placed(queue.client)) return undefined
    const need = struct.needs.find((id) =>
      id.client === queue.client ? id.clock >= struct.clock : id.clock >= placed(id.client),
    )
    if (need !== undefined) return need.client === queue.client ? undefined : need.client
    clocks.set(queue.client, struct.end)
  }
  return undefined
}

function queuesOf(structs: readonly StructRange[]): ReadonlyMap<number, Queue> {
  const queues = new Map<number, Queue>()
  for (const struct of structs) {
    const queue = queues.get(struct.client)
    if (queue === undefined) queues.set(struct.client, { client: struct.client, structs: [struct], at: 0 })
    else queue.structs.push(struct)
  }
  return queues
}
