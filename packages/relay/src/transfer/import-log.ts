import { MillraceError } from "@millrace/ports"
import type { NewEntry } from "@millrace/store"
import { changed, streamIn } from "../catalogue/changes.ts"
import { deletedError } from "../catalogue/catalogue.ts"
import { decodeUpdate } from "../room/decode-update.ts"
import { Replica } from "../room/replica.ts"
import type { Session } from "../socket/session.ts"
import { exportLines } from "./export-log.ts"
import { parseLog } from "./log-lines.ts"

type Parts = Pick<Session, "catalogue" | "rooms" | "followers" | "store">

export interface Imported {
  readonly workspace: string
  readonly generation: number
  readonly seq: number
}

/** Bytes of updates that go to the disk in one append. */
const maxAppendBytes = 262_144

/**
 * Puts an exported log into an empty workspace, authors and times included.
 *
 * The whole file is verified before anything is written. Nobody can open the workspace until the last entry is durable; an import that
 * was cut is continued by sending the same file again, and one that was done changes nothing.
 *
 * Rejects with kind `corrupt` for a file that is damaged or whose updates do not make a document, and `conflict` where the
 * workspace holds anything else than a beginning of this log.
 */
export async function importLog(parts: Parts, workspace: string, file: Buffer, author: string): Promise<Imported> {
  const { catalogue, store, rooms, followers } = parts
  return catalogue.exclusively(workspace, async () => {
    const state = catalogue.stateOf(workspace)
    if (state.deleted !== undefined) throw deletedError(workspace, state.deleted.timeMs)
    const { generation } = state
    const stream = streamIn(workspace, generation)
    const entries = parseLog(file, generation)
    checkUpdates(entries)
    if (state.importing !== true) {
      const head = await store.head(stream)
      if (head > 0) {
        await checkBegins(parts, workspace, stream, entries)
        if (head === entries.length) return { workspace, generation, seq: head }
        throw notEmpty(workspace)
      }
      await catalogue.set({ ...state, importing: true }, author)
    }
    const dismiss = await rooms.freeze(workspace)
    try {
      let seq = await checkBegins(parts, workspace, stream, entries)
      while (seq < entries.length) seq = await store.append(stream, groupAt(entries, seq), seq)
      await catalogue.set({ ...state, importing: undefined }, author)
      return { workspace, generation, seq }
    } finally {
      dismiss(changed(workspace))
      followers.dismiss(workspace, changed(workspace))
    }
  })
}

/** Throws kind `corrupt` where an update does not decode, or needs what no entry before it has. */
function checkUpdates(entries: readonly NewEntry[]): void {
  const replica = new Replica([])
  entries.forEach(({ payload }, index) => {
    const update = decodeUpdate(payload)
    const verdict = replica.judge(update, true)
    if (verdict === "new") replica.add(payload, update)
    if (verdict === "gap") {
      throw new MillraceError(
        `Entry ${index + 1} of the log needs edits that are not before it; nothing was imported.`,
        {
          kind: "corrupt",
        },
      )
    }
  })
}

/** How many entries of the log are there already. Throws kind `conflict` where something else is. */
async function checkBegins(
  { store }: Parts,
  workspace: string,
  stream: string,
  entries: readonly NewEntry[],
): Promise<number> {
  let last = 0
  for await (const { seq, author, timeMs, update } of exportLines(store, stream)) {
    const entry = entries[seq - 1]
    const same = entry?.author === author && entry.timeMs === timeMs
    const sameBytes = update === undefined || Buffer.compare(update, entry?.payload ?? new Uint8Array()) === 0
    if (!same || !sameBytes) throw notEmpty(workspace)
    last = seq
  }
  return last
}

function groupAt(entries: readonly NewEntry[], from: number): readonly NewEntry[] {
  let bytes = 0
  let to = from
  while (to < entries.length && (to === from || bytes < maxAppendBytes)) {
    bytes += entries[to]?.payload.length ?? 0
    to += 1
  }
  return entries.slice(from, to)
}

function notEmpty(workspace: string): MillraceError {
  return new MillraceError(
    `${workspace} is not empty; import into a new workspace, or reset this one with content "empty".`,
    {
      kind: "conflict",
    },
  )
}
