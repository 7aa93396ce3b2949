/**
 * All use of what Yjs exports but does not document, in one file; yjs is pinned, and test/yjs-bag.test.ts must pass
 * before it moves.
 *
 * A bag is a root Y.Array whose order means nothing. Elements are put in and taken out by (client, clock), each in
 * time that does not depend on how many there are.
 */
import * as Y from "yjs"

/** Where an element was born; never used twice. */
export interface ElementId {
  readonly client: number
  readonly clock: number
}

/** A bag as Yjs holds it: a Y.Array, or a root that nobody gave a type yet. */
export type BagType = Y.Doc["share"] extends Map<string, infer T> ? T : never

/** Called with each element: `source` is shared by the elements that were stored together. */
export type ElementVisitor = (bag: BagType, source: Y.ID, clock: number, element: unknown) => void

/** Elements that one run may have: Yjs copies a run when it grows or splits, so runs must not grow for ever. */
export const maxRunElements = 2_048

/** Where the next element of a session goes: right after its last one, or at the head. */
export interface Run {
  readonly last: ElementId
  readonly count: number
}

/**
 * Puts one element into the bag, inside `transaction`, and returns the run to pass next time.
 *
 * `run` must come from the call before on the same bag; a new session, a new client id or a full run starts at the
 * head, which costs no walk.
 */
export function putElement(transaction: Y.Transaction, bag: Y.Array<string>, text: string, run?: Run): Run {
  const { doc } = transaction
  const store = doc.store
  const goesOn = run !== undefined && run.last.client === doc.clientID && run.count < maxRunElements
  const left = goesOn ? Y.getItem(store, Y.createID(run.last.client, run.last.clock)) : null
  const right = left === null ? bag._start : left.right
  const id = Y.createID(doc.clientID, Y.getState(store, doc.clientID))
  const item = new Y.Item(
    id,
    left,
    left === null ? null : left.lastId,
    right,
    right === null ? null : right.id,
    bag,
    null,
    new Y.ContentAny([text]),
  )
  item.integrate(transaction, 0)
  forgetMarkers(bag)
  return { last: id, count: goesOn ? run.count + 1 : 1 }
}

/**
 * Puts elements into the bag under a client id that nobody else writes with, inside `transaction`.
 *
 * They depend on nothing that this document holds, so that every replica makes the very same structs of the same
 * elements. Returns false, and does nothing, where the document has them already, deleted or not.
 */
export function putSeed(
  transaction: Y.Transaction,
  bag: Y.Array<string>,
  client: number,
  elements: readonly string[],
): boolean {
  if (elements.length === 0 || Y.getState(transaction.doc.store, client) > 0) return false
  const content = new Y.ContentAny([...elements])
  new Y.Item(Y.createID(client, 0), null, null, null, null, bag, null, content).integrate(transaction, 0)
  forgetMarkers(bag)
  return true
}

/** The text under `key`, made by `putSeed`'s rules where there is none yet. */
export function putSeedText(
  transaction: Y.Transaction,
  map: Y.Map<unknown>,
  key: string,
  client: number,
  first: string,
): Y.Text {
  const { store } = transaction.doc
  if (Y.getState(store, client) === 0) {
    const type = new Y.ContentType(new Y.Text())
    new Y.Item(Y.createID(client, 0), null, null, null, null, map, key, type).integrate(transaction, 0)
    if (first !== "") {
      const content = new Y.ContentString(first)
      const text = type.type as Y.Text
      new Y.Item(Y.createID(client, 1), null, null, null, null, text, null, content).integrate(transaction, 0)
    }
  }
  return map.get(key) as Y.Text
}

/** Visits the texts directly under `map` that `transaction` changed, made ones included. */
export function eachChangedText(
  transaction: Y.Transaction,
  map: Y.Map<unknown>,
  visit: (key: string, text: Y.Text) => void,
): void {
  for (const [type, keys] of transaction.changed) {
    if ((type as unknown) === map) {
      for (const key of keys) {
        const text = key === null ? undefined : map.get(key)
        if (key !== null && text instanceof Y.Text) visit(key, text)
      }
    } else if (type instanceof Y.Text && type._item?.parent === map && type._item.parentSub !== null) {
      visit(type._item.parentSub, type)
    }
  }
}

/** The key of the text in which the item at `id` lies or lay; undefined where it is in no text under `map`. */
export function textKeyAt(doc: Y.Doc, map: Y.Map<unknown>, id: ElementId): string | undefined {
  const text = bagAt(doc, id)
  return text?._item?.parent === map ? (text._item.parentSub ?? undefined) : undefined
}

/** True where a text holds something that is beyond a state vector and not deleted. */
export function hasLivingBeyond(text: Y.Text, known: ReadonlyMap<number, number>): boolean {
  for (let item = text._start; item !== null; item = item.right) {
    const end = item.id.clock + item.length
    if (!item.deleted && item.id.client < 4_294_967_296 && end > (known.get(item.id.client) ?? 0)) return true
  }
  return false
}

/** Takes one element out, inside `transaction`. Does nothing where it is already gone. */
export function removeElement(transaction: Y.Transaction, id: ElementId): void {
  if (Y.getState(transaction.doc.store, id.client) <= id.clock) return
  const found = Y.getItem(transaction.doc.store, Y.createID(id.client, id.clock))
  if (found.deleted) return
  // Cut behind the element first, then before it: what is left in between is one element long.
  if (found.id.clock + found.length > id.clock + 1) {
    Y.getItemCleanStart(transaction, Y.createID(id.client, id.clock + 1))
  }
  const item = Y.getItemCleanStart(transaction, Y.createID(id.client, id.clock))
  item.delete(transaction)
  if (item.parent instanceof Y.Array) forgetMarkers(item.parent)
}

/** Visits every living element of a bag. */
export function eachElement(bag: BagType, visit: ElementVisitor): void {
  for (let item = bag._start; item !== null; item = item.right) {
    if (!item.deleted) visitItem(item, visit)
  }
}

/** Visits the elements that `transaction` put in and that still live. */
export function eachAdded(transaction: Y.Transaction, visit: ElementVisitor): void {
  for (const [client, afterClock] of transaction.afterState) {
    const beforeClock = transaction.beforeState.get(client) ?? 0
    if (beforeClock === afterClock) continue
    const structs = transaction.doc.store.clients.get(client)
    if (structs === undefined) continue
    for (let at = Y.findIndexSS(structs, beforeClock); at < structs.length; at++) {
      const struct = structs[at]
      if (struct === undefined || struct.id.clock >= afterClock) break
      if (struct instanceof Y.Item && !struct.deleted) visitItem(struct, visit)
    }
  }
}

/** Visits the elements that `transaction` took out. Their content is readable until its observers have returned. */
export function eachRemoved(transaction: Y.Transaction, visit: ElementVisitor): void {
  Y.iterateDeletedStructs(transaction, transaction.deleteSet, (struct) => {
    if (struct instanceof Y.Item) visitItem(struct, visit)
  })
}

/** The name of a root bag, undefined for a nested type. */
export function rootName(bag: BagType): string | undefined {
  return bag._item === null && bag.doc !== null ? Y.findRootTypeKey(bag) : undefined
}

/** False for roots that hold text, keys or markup: their items are not elements of a bag. */
export function mayBeBag(type: BagType): boolean {
  return !(type instanceof Y.Text || type instanceof Y.Map || type instanceof Y.XmlFragment)
}

/** The root in which the item at `id` lies or lay; undefined where the document does not have it, or forgot it. */
export function bagAt(doc: Y.Doc, id: ElementId): BagType | undefined {
  if (Y.getState(doc.store, id.client) <= id.clock) return undefined
  const item: unknown = Y.getItem(doc.store, Y.createID(id.client, id.clock))
  return item instanceof Y.Item && item.parent instanceof Y.AbstractType ? item.parent : undefined
}

function visitItem(item: Y.Item, visit: ElementVisitor): void {
  // Items under a key are a map's, not a bag's.
  if (item.parentSub !== null || !(item.parent instanceof Y.AbstractType)) return
  const { content } = item
  if (content instanceof Y.ContentAny || content instanceof Y.ContentJSON) {
    const elements: readonly unknown[] = content.arr
    for (let at = 0; at < elements.length; at++) visit(item.parent, item.id, item.id.clock + at, elements[at])
  } else if (!(content instanceof Y.ContentDeleted)) {
    visit(item.parent, item.id, item.id.clock, content)
  }
}

// Y.Array remembers places by index; what goes past its own methods has to say that they moved.
function forgetMarkers(bag: BagType): void {
  const markers = bag._searchMarker
  if (markers !== null) markers.length = 0
}
