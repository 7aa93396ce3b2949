import type * as Y from "yjs"

/**
 * What a writer leaves in a document so that a checker can tell each edit from every other.
 *
 * An edit is known by its mark, `<round>.<writer>.<number>`. One transaction puts it into the bag (an array of strings), behind
 * the text, and as the writer's latest number into the map; some transactions also take an earlier mark out of the bag.
 */
export interface MarkedDocument {
  readonly bag: Y.Array<string>
  readonly text: Y.Text
  readonly latest: Y.Map<number>
  /** Large values, so that updates of many parts are among those that are cut off. */
  readonly ballast: Y.Map<string>
}

export function markedDocument(doc: Y.Doc): MarkedDocument {
  return {
    bag: doc.getArray("bag"),
    text: doc.getText("text"),
    latest: doc.getMap("latest"),
    ballast: doc.getMap("ballast"),
  }
}

export interface Mark {
  readonly round: number
  readonly writer: number
  readonly number: number
}

export function formatMark({ round, writer, number }: Mark): string {
  return `${round}.${writer}.${number}`
}

export function parseMark(text: string): Mark | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)$/.exec(text)
  if (match === null) return undefined
  const [round = 0, writer = 0, number = 0] = match.slice(1).map(Number)
  return { round, writer, number }
}

/** Makes one edit; `without` is a mark of the same writer that goes. */
export function makeEdit(doc: Y.Doc, mark: Mark, without: string | undefined, ballast: string | undefined): void {
  const { bag, text, latest, ballast: ballasts } = markedDocument(doc)
  doc.transact(() => {
    bag.push([formatMark(mark)])
    text.insert(text.length, `${formatMark(mark)} `)
    latest.set(`${mark.round}.${mark.writer}`, mark.number)
    if (ballast !== undefined) ballasts.set(`${mark.round}.${mark.writer}`, ballast)
    const at = without === undefined ? -1 : bag.toArray().indexOf(without)
    if (at >= 0) bag.delete(at, 1)
  })
}
