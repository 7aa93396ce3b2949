import { type Doc, type Text, type Transaction, type Map as YMap, Text as YText } from "yjs"
import { canonicalJson } from "./canonical.ts"
import { seedClientOf } from "./seed-client.ts"
import { eachChangedText, type ElementId, putSeedText, textKeyAt } from "./yjs-bag.ts"

/** Root map of the texts that somebody typed into, by `[collection, id, source, field]`. */
export const textsRoot = "$texts"

/** Makes a text say `value`. Where there is none yet it starts with `first`. */
export interface TextStep {
  /** `[source, field]` as canonical JSON: see `textName`. */
  readonly name: string
  readonly first: string
  readonly value: string
}

/** Which record a text belongs to, and by what name. */
export interface TextPlace {
  readonly collection: string
  readonly id: string
  readonly name: string
}

/**
 * The shared texts of a document.
 *
 * A text is made from an immutable entry alone, under a client id that is a function of its key and first content: two
 * replicas that make it apart make the same one. It is emptied, never deleted, as what is deleted cannot be made again.
 */
export class TextStore {
  readonly root: YMap<unknown>

  constructor(doc: Doc) {
    this.root = doc.getMap(textsRoot)
  }

  get({ collection, id, name }: TextPlace): Text | undefined {
    const found = this.root.get(keyOf(collection, id, name))
    return found instanceof YText ? found : undefined
  }

  /** The text at a place, made from `first` where there is none. */
  open(transaction: Transaction, place: TextPlace, first: string): Text {
    const found = this.get(place)
    if (found !== undefined) return found
    const { collection, id, name } = place
    const key = keyOf(collection, id, name)
    return putSeedText(transaction, this.root, key, seedClientOf([key, first]), first)
  }

  *all(): Iterable<readonly [TextPlace, string]> {
    for (const [key, text] of this.root) {
      const place = placeOfKey(key)
      if (place !== undefined) yield [place, textOf(text)]
    }
  }

  /** The record in whose text the item at `id` lies or lay. */
  placeAt(doc: Doc, id: ElementId): TextPlace | undefined {
    const key = textKeyAt(doc, this.root, id)
    return key === undefined ? undefined : placeOfKey(key)
  }

  changedIn(transaction: Transaction): readonly (readonly [TextPlace, string])[] {
    const changed: (readonly [TextPlace, string])[] = []
    eachChangedText(transaction, this.root, (key, text) => {
      const place = placeOfKey(key)
      if (place !== undefined) changed.push([place, textOf(text)])
    })
    return changed
  }
}

/** Changes as little as makes the text say `value`: what others type at its other places stays. */
export function makeSay(text: Text, value: string): void {
  const old = text.toJSON()
  const shorter = Math.min(old.length, value.length)
  let start = 0
  while (start < shorter && old[start] === value[start]) start++
  let end = 0
  while (end < shorter - start && old[old.length - 1 - end] === value[value.length - 1 - end]) end++
  // Never between the halves of a character.
  if (start > 0 && isHigh(old, start - 1)) start--
  if (end > 0 && isLow(old, old.length - end)) end--
  if (old.length - end > start) text.delete(start, old.length - end - start)
  if (value.length - end > start) text.insert(start, value.slice(start, value.length - end))
}

/** The place that a key names; undefined for what is none of ours. */
export function placeOfKey(key: string): TextPlace | undefined {
  try {
    const parts: unknown = JSON.parse(key)
    if (!Array.isArray(parts) || parts.length !== 4 || !parts.every((part) => typeof part === "string"))
      return undefined
    const [collection = "", id = "", source, field] = parts as readonly string[]
    return { collection, id, name: canonicalJson([source, field]) }
  } catch {
    return undefined
  }
}

function keyOf(collection: string, id: string, name: string): string {
  return canonicalJson([collection, id, ...(JSON.parse(name) as string[])])
}

function textOf(text: unknown): string {
  return text instanceof YText ? text.toJSON() : ""
}

function isHigh(text: string, at: number): boolean {
  return text.charCodeAt(at) >>> 10 === 54
}

function isLow(text: string, at: number): boolean {
  return text.charCodeAt(at) >>> 10 === 55
}
