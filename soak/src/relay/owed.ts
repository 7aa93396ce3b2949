import type * as Y from "yjs"
import { formatMark, type Mark, markedDocument, parseMark } from "./marks.ts"

/** What was acknowledged in one workspace, kept by a process that is never killed. */
export interface Owed {
  /** Marks that must be there, in text and map; in the bag unless taken out. */
  readonly added: Set<string>
  /** Marks that must have gone from the bag. */
  readonly removed: Set<string>
  /** Marks that a writer began to take out: they may be in the bag or not. */
  readonly leaving: Set<string>
}

export function nothingOwed(): Owed {
  return { added: new Set(), removed: new Set(), leaving: new Set() }
}

/** What was found wrong, by kind. */
export interface Findings {
  /** Acknowledged and not there. */
  readonly lost: readonly string[]
  /** There more than once. */
  readonly twice: readonly string[]
  /** Taken out, acknowledged, and there again. */
  readonly returned: readonly string[]
  /** Never written by anybody. */
  readonly strange: readonly string[]
  /** 1 where structs or deletions wait for others that are not there. */
  readonly pending: number
}

export const findingKinds = ["lost", "twice", "returned", "strange", "pending"] as const

/** How many of each kind; all zero when nothing was wrong. */
export function countFindings(findings: Findings): Readonly<Record<(typeof findingKinds)[number], number>> {
  const { lost, twice, returned, strange, pending } = findings
  return { lost: lost.length, twice: twice.length, returned: returned.length, strange: strange.length, pending }
}

/**
 * Compares a document that a fresh client received with what is owed.
 *
 * `lastRound`: no mark of a later round can exist.
 */
export function checkDocument(doc: Y.Doc, owed: Owed, lastRound: number): Findings {
  const { bag, text, latest } = markedDocument(doc)
  const inBag = bag.toArray()
  const inText = text
    .toJSON()
    .split(" ")
    .filter((word) => word !== "")
  const [bagSet, textSet] = [new Set(inBag), new Set(inText)]
  const lost: string[] = []
  for (const mark of owed.added) {
    const gone = owed.removed.has(mark) || owed.leaving.has(mark)
    if (!textSet.has(mark) || (!gone && !bagSet.has(mark)) || !reached(latest, parseMark(mark))) lost.push(mark)
  }
  return {
    lost,
    twice: [...repeated(inBag), ...repeated(inText)],
    returned: [...owed.removed].filter((mark) => bagSet.has(mark)),
    strange: [...new Set([...inBag, ...inText])].filter((word) => !possible(word, lastRound)),
    pending: doc.store.pendingStructs !== null || doc.store.pendingDs !== null ? 1 : 0,
  }
}

function reached(latest: Y.Map<number>, mark: Mark | undefined): boolean {
  if (mark === undefined) return false
  return (latest.get(`${mark.round}.${mark.writer}`) ?? -1) >= mark.number
}

function repeated(words: readonly string[]): readonly string[] {
  const seen = new Set<string>()
  return words.filter((word) => seen.size === seen.add(word).size)
}

function possible(word: string, lastRound: number): boolean {
  const mark = parseMark(word)
  return mark !== undefined && mark.round <= lastRound && formatMark(mark) === word
}
