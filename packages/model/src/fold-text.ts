import type { Placed } from "./placed.ts"
import { canonicalJson } from "./canonical.ts"
import type { CreateEntry, Entry } from "./entry.ts"
import type { FieldEdits } from "./fold.ts"
import { sha256Hex } from "./hash.ts"
import { getOwn, type Value } from "./value.ts"

/** The shared texts of one record as strings, by `textName`. */
export type Texts = ReadonlyMap<string, string>

export const noTexts: Texts = new Map()

/** An immutable entry and the text that starts from it once somebody types. */
export interface TextSource {
  /** The creation's nonce, or what identifies an edit of the whole field. */
  readonly source: string
  /** What the text starts with. Undefined where the entry does not name the field. */
  readonly first: string | undefined
  readonly client: number
}

export interface FoldedText {
  /** Undefined where the field is missing. */
  readonly value: Value | undefined
  /** Where typing goes. Undefined where there is no record. */
  readonly source: TextSource | undefined
  /** What stands beside it and is not shown. */
  readonly others: readonly { readonly value: Value; readonly client: number }[]
}

export function fieldOf(name: string): string {
  return (JSON.parse(name) as [string, string])[1]
}

export function textName(source: string, field: string): string {
  return canonicalJson([source, field])
}

/** Fields that somebody typed into. */
export function typedFields(texts: Texts): ReadonlySet<string> {
  return texts.size === 0 ? noFields : new Set([...texts.keys()].map(fieldOf))
}

const noFields: ReadonlySet<string> = new Set()

/** Folds a text field: the winner's text is shown, others that somebody typed or gave are told. */
export function foldText(
  creations: readonly Placed<CreateEntry>[],
  field: string,
  { whole }: FieldEdits,
  texts: Texts,
): FoldedText {
  const seen = new Set(whole.flatMap(({ entry }) => entry.tags))
  const winner = whole.at(-1)
  const edited = whole.filter(({ entry }) => entry.value !== undefined)
  // Who removed or replaced the field emptied the text that he saw: what is left in it was typed without knowing.
  const visible = (each: Placed<Entry>): Value | undefined => {
    const typed = texts.get(textName(sourceOf(each, field).source, field))
    const isSeen = each.entry.kind === "create" && seen.has(each.entry.nonce)
    return isSeen ? typed || undefined : (typed ?? storedValue(each, field))
  }
  // Where the last creation says nothing of the field, one that does comes before it.
  const shown =
    winner !== undefined && winner.entry.value !== undefined
      ? winner
      : (creations.findLast((each) => visible(each) !== undefined) ?? creations.findLast(() => true))
  if (shown === undefined) return { value: undefined, source: undefined, others: [] }
  const others = [...creations, ...edited].flatMap((rival) => {
    const value = rival === shown ? undefined : visible(rival)
    return value === undefined ? [] : [{ value, client: rival.at.client }]
  })
  return { value: visible(shown), source: sourceOf(shown, field), others }
}

/** The texts that belong to none of the living entries and are not empty: typed after a delete. */
export function textsAfterDelete(
  living: Iterable<Placed<Entry>>,
  texts: Texts,
): readonly { readonly name: string; readonly field: string; readonly value: string }[] {
  if (texts.size === 0) return []
  const sources = new Set([...living].map(({ entry, at }) => identityOf(entry, at.text)))
  return [...texts].flatMap(([name, value]) => {
    const [source, field] = JSON.parse(name) as [string, string]
    return value === "" || sources.has(source) ? [] : [{ name, field, value }]
  })
}

function sourceOf({ at, entry }: Placed<Entry>, field: string): TextSource {
  const stored = entry.kind === "create" ? getOwn(entry.fields, field) : entry.value
  return {
    source: identityOf(entry, at.text),
    first: typeof stored === "string" ? stored : undefined,
    client: at.client,
  }
}

function storedValue({ entry }: Placed<Entry>, field: string): Value | undefined {
  return entry.kind === "create" ? getOwn(entry.fields, field) : entry.value
}

// By the entry's own text: the copy that an undo brings back has another place, but means the same text.
function identityOf(entry: Entry, text: string): string {
  return entry.kind === "create" ? entry.nonce : `~${sha256Hex(text).slice(0, 24)}`
}
