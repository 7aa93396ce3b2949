import { createHash, type Hash } from "node:crypto"
import * as encoding from "lib0/encoding"
import * as Y from "yjs"
import { DeleteRanges } from "../room/delete-ranges.ts"

/** What two documents must have in common to say the same to everybody, now and after any later update. */
export interface DocumentFacts {
  /** Whether it waits for structs or deletions that have not come. */
  readonly pending: boolean
  readonly stateVector: Uint8Array
  readonly deletes: Uint8Array
  /** SHA-256 over every struct that is not deleted: its place among its neighbours, its parent, its content. */
  readonly content: string
}

export function factsOf(doc: Y.Doc): DocumentFacts {
  const { store } = doc
  const deletes = new DeleteRanges()
  for (const [client, ranges] of Y.createDeleteSetFromStructStore(store).clients) {
    for (const { clock, len } of ranges) deletes.add({ client, clock, end: clock + len })
  }
  const clocks = new Map([...Y.decodeStateVector(Y.encodeStateVector(doc))].sort(([a], [b]) => a - b))
  return {
    pending: store.pendingStructs !== null || store.pendingDs !== null,
    stateVector: Y.encodeStateVector(clocks),
    deletes: deletes.encodeUpdate(),
    content: digestOf(store),
  }
}

/** What differs, in words; undefined where nothing does. */
export function differenceOf(a: DocumentFacts, b: DocumentFacts): string | undefined {
  if (a.pending || b.pending) return "something that it depends on is missing"
  if (Buffer.compare(a.stateVector, b.stateVector) !== 0) return "the state vectors differ"
  if (Buffer.compare(a.deletes, b.deletes) !== 0) return "the deletions differ"
  return a.content === b.content ? undefined : "the contents differ"
}

const flushBytes = 65_536

function digestOf(store: Y.Doc["store"]): string {
  const digest = new StructDigest()
  for (const client of [...store.clients.keys()].sort((a, b) => a - b))
    digest.client(client, store.clients.get(client) ?? [])
  return digest.end()
}

/**
 * One document may hold as one struct what another holds as several that could be joined, so a struct that goes on where the one before it
 * ended adds its content alone.
 */
class StructDigest {
  readonly #hash: Hash = createHash("sha256")
  #encoder = new Y.UpdateEncoderV1()

  client(client: number, structs: readonly (Y.Item | Y.GC)[]): void {
    encoding.writeVarUint(this.#encoder.restEncoder, client)
    let before: Y.Item | undefined
    for (const struct of structs) {
      if (!(struct instanceof Y.Item) || struct.deleted) {
        before = undefined
        continue
      }
      if (before === undefined || !goesOn(before, struct)) this.#head(struct)
      writeContent(this.#encoder, struct.content)
      before = struct
      if (encoding.length(this.#encoder.restEncoder) > flushBytes) this.#flush()
    }
  }

  end(): string {
    this.#flush()
    return this.#hash.digest("hex")
  }

  #head(item: Y.Item): void {
    const encoder = this.#encoder.restEncoder
    encoding.writeVarString(encoder, "item")
    encoding.writeVarUint(encoder, item.id.clock)
    for (const id of [item.origin, item.rightOrigin]) writeId(encoder, id)
    const parent = item.parent instanceof Y.ID || typeof item.parent === "string" ? null : item.parent
    writeId(encoder, parent?._item?.id ?? null)
    const isRoot = parent !== null && parent._item === null
    encoding.writeVarString(encoder, isRoot ? Y.findRootTypeKey(parent) : "")
    encoding.writeVarString(encoder, item.parentSub === null ? "" : `=${item.parentSub}`)
  }

  #flush(): void {
    this.#hash.update(this.#encoder.toUint8Array())
    this.#encoder = new Y.UpdateEncoderV1()
  }
}

/** Whether Yjs could have kept both as one struct: then nothing but the content is new. */
function goesOn(left: Y.Item, right: Y.Item): boolean {
  const { origin } = right
  return (
    left.content.constructor === right.content.constructor &&
    isRun(left.content) &&
    origin !== null &&
    origin.client === left.id.client &&
    origin.clock === left.id.clock + left.length - 1 &&
    left.id.clock + left.length === right.id.clock &&
    Y.compareIDs(left.rightOrigin, right.rightOrigin) &&
    left.right === right
  )
}

/** Contents that may be cut and joined: those of several elements. */
function isRun(content: Y.Item["content"]): boolean {
  return content instanceof Y.ContentString || content instanceof Y.ContentAny || content instanceof Y.ContentJSON
}

function writeContent(encoder: Y.UpdateEncoderV1, content: Y.Item["content"]): void {
  if (content instanceof Y.ContentString)
    encoding.writeUint8Array(encoder.restEncoder, Buffer.from(content.str, "utf16le"))
  else if (content instanceof Y.ContentAny)
    for (const value of content.arr) encoding.writeAny(encoder.restEncoder, value as encoding.AnyEncodable)
  else if (content instanceof Y.ContentJSON)
    for (const value of content.arr) encoding.writeVarString(encoder.restEncoder, JSON.stringify(value) ?? "undefined")
  else {
    encoding.writeUint8(encoder.restEncoder, content.getRef())
    content.write(encoder, 0)
  }
}

function writeId(encoder: encoding.Encoder, id: Y.ID | null): void {
  encoding.writeVarUint(encoder, id === null ? 0 : 1)
  if (id === null) return
  encoding.writeVarUint(encoder, id.client)
  encoding.writeVarUint(encoder, id.clock)
}
