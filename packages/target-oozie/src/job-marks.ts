import type { Application } from "./application.ts"
import { keyOf } from "./application.ts"
import { definitionDigest } from "./definition-digest.ts"
import type { DefinitionTree, PublishedCollection } from "./definition.ts"
import { type Properties, readConfiguration } from "./job-configuration.ts"
import type { Job } from "./jobs.ts"

/** What a job's configuration says about us: whose it is, what it was made from, and for which intent. */
export interface JobMarks {
  readonly record: string
  readonly marker: string
  readonly hash: string
  /** `definitionDigest` of what it runs. */
  readonly digest: string
  /** Times that coordinators began at in place of their own, by `keyOf`. */
  readonly starts: ReadonlyMap<string, string>
  /** Starts as they were written, by `keyOf`. */
  readonly written: ReadonlyMap<string, string>
}

/** Percent-encoded, as all of our marks: Oozie would resolve a `${...}` in an id as it stores the configuration. */
export function recordMark(workspace: string, collection: PublishedCollection, id: string): string {
  return encodeURIComponent(JSON.stringify([workspace, collection, id]))
}

export function markProperties(
  application: Application,
  tree: DefinitionTree,
  starts: ReadonlyMap<string, string>,
  record: string,
  marker: string,
): Properties {
  const coordinators = tree.definitions.filter((one) => one.collection === "coordinators")
  const written = coordinators.filter((one) => application.members.has(keyOf(one)))
  return {
    "millrace.record": record,
    "millrace.marker": marker,
    "millrace.hash": application.hash,
    "millrace.digest": definitionDigest(new TextDecoder().decode(application.files.get(application.definition.path))),
    "millrace.starts": encodeURIComponent(JSON.stringify([...starts].sort(byKey))),
    "millrace.written": encodeURIComponent(
      JSON.stringify(written.map((one) => [keyOf(one), one.start] as const).sort(byKey)),
    ),
  }
}

export function marksOf(job: Job): JobMarks {
  const conf = readConfiguration(job.conf)
  return {
    record: conf["millrace.record"] ?? "",
    marker: conf["millrace.marker"] ?? "",
    hash: conf["millrace.hash"] ?? "",
    digest: conf["millrace.digest"] ?? "",
    starts: pairs(conf["millrace.starts"]),
    written: pairs(conf["millrace.written"]),
  }
}

/** The starts that stay: of coordinators whose own start is written as it was. */
export function startsKept(marks: JobMarks, tree: DefinitionTree): ReadonlyMap<string, string> {
  const kept = tree.definitions.flatMap((one): readonly (readonly [string, string])[] => {
    const start = marks.starts.get(keyOf(one))
    return start !== undefined && marks.written.get(keyOf(one)) === one.start ? [[keyOf(one), start]] : []
  })
  return new Map(kept)
}

function byKey([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1
}

function pairs(text: string | undefined): ReadonlyMap<string, string> {
  try {
    const parsed: unknown = JSON.parse(decodeURIComponent(text ?? "[]"))
    const list = Array.isArray(parsed) ? (parsed as readonly unknown[]) : []
    return new Map(list.filter((one): one is [string, string] => Array.isArray(one) && one.length === 2))
  } catch {
    return new Map()
  }
}
