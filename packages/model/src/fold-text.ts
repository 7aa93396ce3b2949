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

export function textName(source: string, field: string): string {
  return canonicalJson([source, field])
}

/** Fields that somebody typed into. */
export function typedFields(texts: Texts): ReadonlySet<string> {
  return texts.size === 0
    ? noFields
    : new Set([...texts.keys()].map((name) => (JSON.parse(name) as [string, string])[1]))
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
  const isRemoved = winner !== undefined && winner.entry.value === undefined
  const bases = creations.filter(({ entry }) => Object.hasOwn(entry.fields, field))
  const edited = whole.filter(({ entry }) => entry.value !== undefined)
  const shown = winner !== undefined && !isRemoved ? winner : (bases.at(-1) ?? creations.findLast(() => true))
  if (shown === undefined) return { value: undefined, source: undefined, others: [] }
  const source = sourceOf(shown, field)
  const typed = texts.get(textName(source.source, field))
  const stored = storedValue(shown, field)
  // A removal empties the text that its writer saw: what is left in it was typed without knowing of the removal.
  const value = isRemoved ? typed || undefined : (typed ?? stored)
  const rivals = [...creations, ...edited].filter((each) => each !== shown)
  const others = rivals.flatMap((rival) => {
    const text = texts.get(textName(sourceOf(rival, field).source, field))
    const isSeen = rival.entry.kind === "create" && seen.has(rival.entry.nonce)
    const other = isSeen ? text || undefined : (text ?? storedValue(rival, field))
    return other === undefined ? [] : [{ value: other, client: rival.at.client }]
  })
  return { value, source, others }
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
