import type { Change } from "@millrace/target"
import { type AtlasEntity, textOf } from "./entity.ts"

/** Where an entity of ours stands among all changes of its record; in its custom attributes, which need no type. */
export interface Revision {
  readonly eventId: string
  readonly workspace: string
  readonly collection: string
  readonly generation: number
  readonly seq: number
  readonly version: number
}

const names = {
  eventId: "millrace_event",
  workspace: "millrace_workspace",
  collection: "millrace_collection",
  generation: "millrace_generation",
  seq: "millrace_seq",
  version: "millrace_version",
  mapping: "millrace_mapping",
} as const

/** The marks of a change; `others` are kept, since a list that is sent replaces the list. */
export function revisionMarks(
  change: Change,
  mapping: string,
  others: AtlasEntity | undefined,
): Readonly<Record<string, string>> {
  const kept = Object.entries(others?.customAttributes ?? {}).map(([name, value]) => [name, textOf(value)])
  return {
    ...Object.fromEntries(kept),
    [names.eventId]: change.eventId,
    [names.workspace]: change.workspace,
    // Custom attributes hold at most 500 characters.
    [names.collection]: change.collection.slice(0, 500),
    [names.generation]: String(change.generation),
    [names.seq]: String(change.seq),
    [names.version]: String(change.version),
    [names.mapping]: mapping,
  }
}

/** The revision that we gave an entity; undefined where it was not made by us. */
export function revisionOf({ customAttributes: held }: AtlasEntity): Revision | undefined {
  const eventId = held[names.eventId]
  if (typeof eventId !== "string") return undefined
  const count = (name: string): number => Number(held[name] ?? 0)
  return {
    eventId,
    workspace: textOf(held[names.workspace]),
    collection: textOf(held[names.collection]),
    generation: count(names.generation),
    seq: count(names.seq),
    version: count(names.version),
  }
}

/** Whether the entity was last written by another mapping of its fields; attributes new since then hold nothing yet. */
export function isOfAnotherMapping({ customAttributes }: AtlasEntity, mapping: string): boolean {
  return textOf(customAttributes[names.mapping]) !== mapping
}

type Position = Pick<Revision, "generation" | "seq" | "version">

/** Whether `a` is later than `b`: versions begin again when a projector's journal was lost, seq never does. */
export function isLater(a: Position, b: Position): boolean {
  if (a.generation !== b.generation) return a.generation > b.generation
  if (a.seq !== b.seq) return a.seq > b.seq
  return a.version > b.version
}
