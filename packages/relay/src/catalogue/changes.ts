import { MillraceError } from "@millrace/ports"
import { mergeAll } from "../room/merge.ts"
import { streamOf } from "../room/stream-name.ts"
import type { Session } from "../socket/session.ts"
import { deletedError, generationError } from "./catalogue.ts"
import { readUpdates } from "./read-updates.ts"
import type { WorkspaceState } from "./workspace-state.ts"

type Parts = Pick<Session, "catalogue" | "rooms" | "followers" | "store" | "clock">

/**
 * Marks the workspace deleted, then tells everybody in it. Its log is kept. Idempotent: the first deletion stands.
 *
 * Rejects with kind `not-found` for a workspace that never was.
 */
export function deleteWorkspace(parts: Parts, workspace: string, author: string): Promise<WorkspaceState> {
  const done = (state: WorkspaceState): boolean => state.deleted !== undefined
  return change(parts, workspace, done, async (state) => {
    await checkExists(parts, state)
    const timeMs = parts.clock.nowMs()
    const next = { ...state, deleted: { timeMs, by: author } }
    await parts.catalogue.set(next, author)
    return { state: next, goodbye: deletedError(workspace, timeMs) }
  })
}

/** Takes the mark off again; idempotent. Rejects with kind `not-found` for a workspace that never was. */
export async function restoreWorkspace(parts: Parts, workspace: string, author: string): Promise<WorkspaceState> {
  const done = (state: WorkspaceState): boolean => state.deleted === undefined
  await checkExists(parts, parts.catalogue.stateOf(workspace))
  return change(parts, workspace, done, async (state) => {
    const next = { ...state, deleted: undefined }
    await parts.catalogue.set(next, author)
    return { state: next }
  })
}

export interface ResetRequest {
  /** The generation that is to end: a repetition finds it ended and changes nothing. */
  readonly from: number
  /** Whether the new generation begins with what the old one held, as one entry, or with nothing. */
  readonly content: "state" | "empty"
}

/**
 * Begins a new generation. Copies of the old one are refused with kind `generation` from then on; its log is kept and
 * can be exported by an admin.
 *
 * The first entry is durable before the new generation is in force, so a crash leaves the old one whole; what it may leave behind in a
 * stream is never used, since the next reset takes the first generation whose stream is empty.
 */
export function resetWorkspace(
  parts: Parts,
  workspace: string,
  { from, content }: ResetRequest,
  author: string,
): Promise<WorkspaceState> {
  const done = (state: WorkspaceState): boolean => state.before === from && state.importing !== true
  return change(parts, workspace, done, async (state) => {
    if (state.generation !== from) throw generationError(workspace, state.generation)
    if (state.deleted !== undefined) throw deletedError(workspace, state.deleted.timeMs)
    await checkExists(parts, state)
    let generation = from + 1
    while ((await parts.store.head(streamIn(workspace, generation))) > 0) generation += 1
    const updates = content === "state" ? await readUpdates(parts.store, streamIn(workspace, from)) : []
    if (updates.length > 0) {
      const payload = mergeAll(updates)
      const entry = { payload, generation, author, timeMs: parts.clock.nowMs() }
      await parts.store.append(streamIn(workspace, generation), [entry], 0)
    }
    const next = { workspace, generation, before: from }
    await parts.catalogue.set(next, author)
    return { state: next, goodbye: generationError(workspace, generation) }
  })
}

interface Outcome {
  readonly state: WorkspaceState
  /** What those who have the workspace open are told; where it is left out they are told to come back. */
  readonly goodbye?: MillraceError
}

/** With the workspace closed to all and its rooms at rest; those who had it open hear of the outcome, a failure included. */
async function change(
  parts: Parts,
  workspace: string,
  done: (state: WorkspaceState) => boolean,
  task: (state: WorkspaceState) => Promise<Outcome>,
): Promise<WorkspaceState> {
  return parts.catalogue.exclusively(workspace, async () => {
    // A repetition disturbs nobody.
    const before = parts.catalogue.stateOf(workspace)
    if (done(before)) return before
    const dismiss = await parts.rooms.freeze(workspace)
    let goodbye: MillraceError | undefined
    try {
      const outcome = await task(before)
      goodbye = outcome.goodbye
      return outcome.state
    } finally {
      dismiss(goodbye ?? changed(workspace))
      if (goodbye !== undefined) parts.followers.dismiss(workspace, goodbye)
    }
  })
}

/** The refusal of those who had a workspace open while it was changed as a whole, and may come back at once. */
export function changed(workspace: string): MillraceError {
  return new MillraceError(`${workspace} was changed as a whole; connect again.`, {
    kind: "unavailable",
    retry: { afterMs: 200 },
  })
}

async function checkExists(
  { store }: Parts,
  { workspace, generation, before, deleted }: WorkspaceState,
): Promise<void> {
  if (before > 0 || deleted !== undefined || (await store.head(streamIn(workspace, generation))) > 0) return
  throw new MillraceError(`There is no workspace ${workspace}; nobody has written to it.`, { kind: "not-found" })
}

export function streamIn(workspace: string, generation: number): string {
  return streamOf({ name: workspace, status: false, generation })
}
