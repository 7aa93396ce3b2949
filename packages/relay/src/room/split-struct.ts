import * as Y from "yjs"
import type { Struct } from "./cut-update.ts"

/**
 * A run of elements or characters as up to `parts` structs that Yjs joins to the same run again; anything else, and what is too short, as
 * it is. Made from what was decoded, without a document: as Yjs' own `splitItem`, a later part stands behind the last element before it.
 */
export function splitStruct(struct: Struct, parts: number): readonly Struct[] {
  if (parts < 2 || !(struct instanceof Y.Item) || struct.length < 2) return [struct]
  const { content } = struct
  const isRun =
    content instanceof Y.ContentAny || content instanceof Y.ContentJSON || content instanceof Y.ContentString
  if (!isRun) return [struct]
  const edges = [0]
  for (let part = 1; part < parts; part++) {
    const edge = edgeNear(content, Math.floor((struct.length * part) / parts))
    if (edge > (edges.at(-1) ?? 0) && edge < struct.length) edges.push(edge)
  }
  return edges.map((from, index) => partOf(struct, from, edges[index + 1] ?? struct.length))
}

/** Not between the halves of a character: Yjs would replace both. */
function edgeNear(content: Y.Item["content"], at: number): number {
  if (!(content instanceof Y.ContentString)) return at
  const before = content.str.charCodeAt(at - 1)
  return before >= 0xd800 && before <= 0xdbff ? at + 1 : at
}

function partOf(item: Y.Item, from: number, to: number): Y.Item {
  const { client, clock } = item.id
  let content = item.content.copy()
  if (to < item.length) content.splice(to)
  if (from > 0) content = content.splice(from)
  const origin = from === 0 ? item.origin : Y.createID(client, clock + from - 1)
  // The parser leaves a name or an id where a document will have a type.
  const parent = item.parent as Y.AbstractType<unknown> | null
  return new Y.Item(
    Y.createID(client, clock + from),
    null,
    origin,
    null,
    item.rightOrigin,
    parent,
    item.parentSub,
    content,
  )
}
