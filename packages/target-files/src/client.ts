import type { Change } from "@millrace/target"
import type { Disk } from "./disk.ts"
import type { Places } from "./layout.ts"
import { fileText, isLater, parseFile, type StoredRecord } from "./map.ts"

/** What stands on disk for a record: its file, the mark of its deletion, or, after a crash between two steps, both. */
export interface Standing {
  readonly text: string | undefined
  readonly record: StoredRecord | undefined
  readonly mark: StoredRecord | undefined
  readonly markText: string | undefined
}

export async function readStanding(disk: Disk, places: Places): Promise<Standing> {
  const [text, markText] = await Promise.all([disk.read(places.file), disk.read(places.mark)])
  return {
    text,
    record: text === undefined ? undefined : parseFile(text),
    markText,
    mark: markText === undefined ? undefined : parseFile(markText),
  }
}

export type Effect = "none" | "stale" | "create" | "update" | "delete"

/**
 * What a change would do to what stands there: nothing where it is there already, `stale` where something later is.
 *
 * A file that a person broke has no position; it is replaced.
 */
export function effectOf(change: Change, standing: Standing): Effect {
  const { record, mark } = standing
  if ((record !== undefined && isLater(record, change)) || (mark !== undefined && isLater(mark, change))) return "stale"
  if (change.after === null) {
    return standing.text === undefined && standing.markText === fileText(change) ? "none" : "delete"
  }
  if (standing.text === undefined) return "create"
  return standing.text === fileText(change) && standing.markText === undefined ? "none" : "update"
}

/**
 * Brings the disk to the change. Folders must exist; they are synced by the caller.
 *
 * Each order leaves, wherever it is cut, the later of file and mark as the truth.
 */
export async function writeChange(disk: Disk, places: Places, change: Change, standing: Standing): Promise<void> {
  if (change.after === null) {
    await disk.replace(places.mark, fileText(change))
    await disk.remove(places.file)
    return
  }
  if (standing.text !== fileText(change)) await disk.replace(places.file, fileText(change))
  if (standing.markText !== undefined) await disk.remove(places.mark)
}
