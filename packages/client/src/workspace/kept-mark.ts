import { type LoadReport, StorageFault, type StatusSnapshot, updatesDatabaseName } from "@millrace/indexeddb"
import type { Marks } from "../platform.ts"

/** Where it is noted, beside the databases, that there are some of this workspace. */
export function markOf(ref: string): string {
  return `millrace:${ref}:kept`
}

/** What was kept and is not there any more: told once, as the mark is renewed. */
export function lossOf(
  { isNew, isTruncated, incarnation }: LoadReport,
  snapshot: StatusSnapshot | undefined,
  marks: Marks | undefined,
  ref: string,
): StorageFault | undefined {
  const hadMore = marks?.get(markOf(ref)) !== undefined || snapshot?.position !== undefined
  marks?.set(markOf(ref), incarnation)
  const fault = isNew && hadMore ? "evicted" : isTruncated ? "truncated" : undefined
  return fault && new StorageFault(fault, updatesDatabaseName(ref))
}
