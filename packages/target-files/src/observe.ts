import { readdir } from "node:fs/promises"
import { basename, join } from "node:path"
import { messageOf } from "@millrace/ports"
import type { Observation, ObservationProblem, ObservedRecord, Scope } from "@millrace/target"
import { codeOf, isAbsent } from "./classify.ts"
import type { Disk } from "./disk.ts"
import { fileName } from "./file-name.ts"
import { collectionFolder, extension, placesOf } from "./layout.ts"
import { isLater, parseFile, parseForeign } from "./map.ts"
import { inParallel } from "./parallel.ts"

const filesAtOnce = 16
const maxProblems = 100

type Found = { readonly record: ObservedRecord } | { readonly problem: ObservationProblem } | undefined

/**
 * Lists what DIR holds for a scope. A collection without a folder has no records; but where DIR itself is missing, a
 * disk may not be mounted, and nothing can be said to be absent.
 *
 * @param foreign Whether to take also well-formed files that are not ours.
 */
export async function observeFolder(
  disk: Disk,
  dir: string,
  scope: Scope,
  foreign: boolean,
  signal: AbortSignal,
): Promise<Observation> {
  const records: ObservedRecord[] = []
  const problems: ObservationProblem[] = []
  let problemCount = 0
  const report = (problem: ObservationProblem): void => {
    problemCount += 1
    if (problems.length < maxProblems) problems.push(problem)
  }

  const root = await list(dir)
  if ("reason" in root) report(root)
  for (const collection of scope.collections) {
    const folder = collectionFolder(dir, scope.workspace, collection)
    const listing = await list(folder)
    if ("reason" in listing) {
      if (listing.code !== "ENOENT") report({ where: folder, reason: listing.reason })
      continue
    }
    // Names with a dot before them are our drafts and marks.
    const names = listing.names.filter((name) => name.endsWith(extension) && !name.startsWith("."))
    const found = await inParallel(names.sort(), filesAtOnce, async (name) => {
      signal.throwIfAborted()
      return readOne(disk, dir, scope.workspace, collection, join(folder, name), foreign)
    })
    for (const one of found) {
      if (one === undefined) continue
      if ("record" in one) records.push(one.record)
      else report(one.problem)
    }
  }
  return { records, complete: problemCount === 0, ...(problems.length === 0 ? {} : { problems }) }
}

async function readOne(
  disk: Disk,
  dir: string,
  workspace: string,
  collection: string,
  path: string,
  foreign: boolean,
): Promise<Found> {
  let text: string | undefined
  try {
    text = await disk.read(path)
  } catch (error) {
    return { problem: { where: path, reason: messageOf(error) } }
  }
  // Gone since it was listed.
  if (text === undefined) return undefined
  const ours = parseFile(text)
  if (ours === undefined) {
    const theirs = parseForeign(text)
    if (theirs === undefined)
      return { problem: { where: path, reason: "It is not a record: JSON with id and fields." } }
    return foreign ? { record: { collection, ...theirs } } : undefined
  }
  const named = ours.collection === collection && basename(path) === fileName(ours.id) + extension
  if (!named || ours.fields === null) {
    return {
      problem: { where: path, reason: `It says that it is ${ours.collection} ${ours.id}, which has another place.` },
    }
  }
  // A deletion that was cut between its two steps.
  const markText = await disk.read(placesOf(dir, { workspace, collection, id: ours.id }).mark)
  const mark = markText === undefined ? undefined : parseFile(markText)
  if (mark !== undefined && isLater(mark, ours)) return undefined
  return { record: { collection, id: ours.id, fields: ours.fields } }
}

type Listing =
  | { readonly names: string[] }
  | { readonly where: string; readonly reason: string; readonly code: string | undefined }

async function list(folder: string): Promise<Listing> {
  try {
    return { names: await readdir(folder) }
  } catch (error) {
    const reason = isAbsent(error) ? "The folder does not exist: is its disk mounted?" : messageOf(error)
    return { where: folder, reason, code: codeOf(error) }
  }
}
