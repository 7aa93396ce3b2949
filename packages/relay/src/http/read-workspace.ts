import { MillraceError } from "@millrace/ports"
import { formatWorkspaceRef, parseWorkspaceRef, type WorkspaceRef } from "@millrace/protocol"
import { checkAdmin, grantFor, isAdmin, mayRead } from "../access/grants.ts"
import type { Claims } from "../access/token.ts"
import { deletedError } from "../catalogue/catalogue.ts"
import { logPrefix, refOf, streamOf } from "../room/stream-name.ts"
import type { Session } from "../socket/session.ts"
import { type Answer, jsonAnswer } from "./answer.ts"
import { countIn, type RouteContext } from "./route.ts"

const maxPage = 1000
const historyStep = 1000

/**
 * The workspace that a path names, for reading. A plain name means the generation in force; an earlier one, or a deleted workspace, can
 * be read by an admin alone.
 */
export function readable(session: Session, text: string, claims: Claims): WorkspaceRef {
  const named = parseWorkspaceRef(text)
  grantFor(claims, named)
  const state = session.catalogue.stateOf(named.name)
  const ref = text.includes("@") ? named : { ...named, generation: state.generation }
  if (ref.generation > state.generation) session.catalogue.checkOpen(ref, 0)
  if (ref.generation < state.generation) checkAdmin(claims, ref)
  if (state.deleted !== undefined && !isAdmin(claims, ref)) throw deletedError(ref.name, state.deleted.timeMs)
  return ref
}

/** Where its log stands. */
export async function describeOne({ session, workspace }: RouteContext, claims: Claims): Promise<Answer> {
  const ref = readable(session, workspace, claims)
  const { deleted } = session.catalogue.stateOf(ref.name)
  if (deleted !== undefined) throw deletedError(ref.name, deleted.timeMs)
  const seq = await session.store.head(streamOf(ref))
  return jsonAnswer(200, { workspace: shownName(ref), generation: ref.generation, seq })
}

/** Every workspace that the token may read, by name; deleted ones with `deleted=true`, for their admins. */
export async function listAll({ session, query }: RouteContext, claims: Claims): Promise<Answer> {
  const limit = countIn(query, "limit", 100, 1, maxPage)
  const after = query.get("after") ?? ""
  const withDeleted = query.get("deleted") === "true"
  const seqs = new Map<string, number>()
  for (const { workspace } of session.catalogue.states()) seqs.set(workspace, 0)
  for await (const { stream, seq } of session.store.streams(logPrefix)) {
    const ref = refOf(stream)
    if (ref === undefined || ref.status) continue
    if (ref.generation === session.catalogue.stateOf(ref.name).generation) seqs.set(ref.name, seq)
  }
  const wanted = [...seqs.keys()].sort().filter((name) => {
    if (name <= after || !mayRead(claims, name)) return false
    const ref = { name, status: false, generation: 1 }
    return session.catalogue.stateOf(name).deleted === undefined || (withDeleted && isAdmin(claims, ref))
  })
  const page = wanted.slice(0, limit).map((workspace) => {
    const { generation, deleted } = session.catalogue.stateOf(workspace)
    return { workspace, generation, seq: seqs.get(workspace) ?? 0, ...(deleted === undefined ? {} : { deleted }) }
  })
  return jsonAnswer(200, { workspaces: page, next: wanted.length > limit ? page.at(-1)?.workspace : null })
}

/** Figures over the whole log; reads what is known of every entry, not their bytes. */
export async function statisticsOf({ session, workspace }: RouteContext, claims: Claims): Promise<Answer> {
  const ref = readable(session, workspace, claims)
  const stream = streamOf(ref)
  const authors = new Set<string>()
  let seq = 0
  let bytes = 0
  let firstTimeMs: number | null = null
  let lastTimeMs: number | null = null
  for (;;) {
    const entries = await session.store.history(stream, seq, historyStep)
    for (const entry of entries) {
      seq = entry.seq
      bytes += entry.bytes
      authors.add(entry.author)
      firstTimeMs ??= entry.timeMs
      lastTimeMs = entry.timeMs
    }
    if (entries.length < historyStep) break
  }
  return jsonAnswer(200, {
    workspace: shownName(ref),
    generation: ref.generation,
    seq,
    bytes,
    authors: authors.size,
    firstTimeMs,
    lastTimeMs,
    channels: session.rooms.peersOf(ref.name),
  })
}

/** Who wrote what, when and how much, page by page; without the content. */
export async function historyOf({ session, workspace, query }: RouteContext, claims: Claims): Promise<Answer> {
  const limit = countIn(query, "limit", 100, 1, maxPage)
  const after = countIn(query, "after", 0, 0, Number.MAX_SAFE_INTEGER)
  const ref = readable(session, workspace, claims)
  const found = await session.store.history(streamOf(ref), after, limit + 1)
  const entries = found.slice(0, limit).map(({ seq, author, timeMs, bytes }) => ({ seq, author, timeMs, bytes }))
  const next = found.length > limit ? entries.at(-1)?.seq : null
  return jsonAnswer(200, { workspace: shownName(ref), generation: ref.generation, entries, next })
}

/** The name without its generation, which stands beside it. */
export function shownName(ref: WorkspaceRef): string {
  return formatWorkspaceRef({ ...ref, generation: 1 })
}

/** A path of something to change names a plain workspace, nothing else. Throws kind `invalid`. */
export function plainName(text: string): string {
  const ref = parseWorkspaceRef(text)
  if (!ref.status && !text.includes("@")) return ref.name
  throw new MillraceError("Name the workspace alone, without ~status or @generation.", { kind: "invalid" })
}
