import { canonicalJson } from "@millrace/model"
import type { Binding } from "../binding.ts"
import type { RecordName } from "../journal/entry.ts"
import type { StatusException } from "../view/exception.ts"
import type { View } from "../view/view.ts"

/** Value of a watermark in the status document. */
export interface StatusWatermark {
  readonly target: string
  readonly binding: string
  readonly collections: readonly string[]
  readonly generation: number
  readonly bindingRevision: number
  /** Touches up to this seq are accepted, except where an exception stands. */
  readonly seq: number
  /** `published`: records that were touched later are drafts. Left out: `continuous`. */
  readonly mode?: "published"
  /** The release in force. */
  readonly release?: number
}

/** Key of a binding's watermark. */
export function watermarkKey(binding: Binding): string {
  return `${binding.target}/${binding.name}`
}

/** Key of an exception: canonical JSON of [target, binding, collection, id]. */
export function exceptionKey(binding: Binding, [collection, id]: RecordName): string {
  return canonicalJson([binding.target, binding.name, collection, id])
}

/** The watermark that the journal justifies; undefined before anything was derived. */
export function watermarkOf(view: View, workspace: string, binding: Binding): StatusWatermark | undefined {
  const position = view.position(workspace)
  if (position === undefined) return undefined
  return {
    target: binding.target,
    binding: binding.name,
    collections: binding.collections,
    generation: position.generation,
    bindingRevision: binding.revision,
    seq: view.watermark(binding.name, workspace),
    ...(binding.mode === "published" ? published(view.counts(binding.name, workspace).release) : {}),
  }
}

/** The exceptions of some records, by key; undefined where none stands. */
export function exceptionsOf(
  view: View,
  workspace: string,
  names: Iterable<RecordName>,
): ReadonlyMap<string, StatusException | undefined> {
  const found = new Map<string, StatusException | undefined>()
  const bindings = view.bindingsOf(workspace)
  for (const name of names) {
    for (const binding of bindings) {
      if (!binding.collections.includes(name[0])) continue
      found.set(exceptionKey(binding, name), view.exception(binding, workspace, name[0], name[1]))
    }
  }
  return found
}

export function sameJson(a: unknown, b: unknown): boolean {
  return a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b)
}

function published(release: { readonly number: number } | undefined): Pick<StatusWatermark, "mode" | "release"> {
  return { mode: "published", ...(release === undefined ? {} : { release: release.number }) }
}
