/** What raw updates say, read without a document; with yjs-bag.ts the only place that looks inside what Yjs keeps. */
import * as Y from "yjs"
import type { ElementId } from "./yjs-bag.ts"

/** What raw updates contain, read without a document. */
export interface DecodedElements {
  readonly elements: readonly { readonly id: ElementId; readonly root: string | undefined; readonly element: unknown }[]
  /** Items that are no elements of a bag: of texts, or of other applications. */
  readonly others: readonly ElementId[]
  /** Keys under which an update puts something into a root map. */
  readonly keys: readonly { readonly root: string; readonly key: string }[]
  /** Deleted elements that are in none of the updates. */
  readonly unresolvedDeletes: number
}

/** Elements of all updates together; `root` where one of them says it, directly or for a neighbour. */
export function decodeElements(updates: Iterable<Uint8Array>): DecodedElements {
  const decoded = [...updates].map((update) => Y.decodeUpdate(update))
  const roots = new Map<string, string>()
  const seen = new Map<number, number[]>()
  const elements: { id: ElementId; root: string | undefined; element: unknown }[] = []
  const others: ElementId[] = []
  const keys: { root: string; key: string }[] = []
  for (const item of decoded.flatMap(({ structs }) => structs)) {
    if (!(item instanceof Y.Item)) continue
    if (item.parentSub !== null) {
      const parent: unknown = item.parent
      if (typeof parent === "string") keys.push({ root: parent, key: item.parentSub })
      continue
    }
    const { client, clock } = item.id
    const root = rootOf(item, roots)
    // A later item names the end of its neighbour.
    if (root !== undefined) roots.set(`${client}:${clock + item.length - 1}`, root)
    if (!(item.content instanceof Y.ContentAny || item.content instanceof Y.ContentJSON)) {
      others.push({ client, clock })
      continue
    }
    const contents: readonly unknown[] = item.content.arr
    let clocks = seen.get(client)
    if (clocks === undefined) seen.set(client, (clocks = []))
    for (let at = 0; at < contents.length; at++) {
      clocks.push(clock + at)
      // Or any place in it, where two updates were merged into one item.
      if (root !== undefined) roots.set(`${client}:${clock + at}`, root)
      elements.push({ id: { client, clock: clock + at }, root, element: contents[at] })
    }
  }
  return { elements, others, keys, unresolvedDeletes: countUnseen(decoded, seen) }
}

function rootOf(item: Y.Item, roots: ReadonlyMap<string, string>): string | undefined {
  const parent: unknown = item.parent
  if (typeof parent === "string") return parent
  const neighbour = item.origin ?? item.rightOrigin
  return neighbour === null ? undefined : roots.get(`${neighbour.client}:${neighbour.clock}`)
}

// Counted by ranges, never clock by clock: a range of a few bytes can claim any length.
function countUnseen(
  decoded: readonly ReturnType<typeof Y.decodeUpdate>[],
  seen: ReadonlyMap<number, readonly number[]>,
): number {
  let unseen = 0
  for (const client of new Set(decoded.flatMap(({ ds }) => [...ds.clients.keys()]))) {
    const ranges = decoded.flatMap(({ ds }) => ds.clients.get(client) ?? []).sort((a, b) => a.clock - b.clock)
    const clocks = [...new Set(seen.get(client) ?? [])].sort((a, b) => a - b)
    let end = 0
    let next = 0
    for (const { clock, len } of ranges) {
      const from = Math.max(clock, end)
      end = Math.max(end, clock + len)
      while (next < clocks.length && (clocks[next] ?? 0) < from) next++
      const first = next
      while (next < clocks.length && (clocks[next] ?? 0) < end) next++
      unseen += Math.max(0, end - from) - (next - first)
    }
  }
  return unseen
}
