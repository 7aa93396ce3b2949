import { createHash } from "node:crypto"

/** The partition of a workspace; the same in every process, for as long as the number of partitions stays. */
export function partitionOf(workspace: string, partitions: number): number {
  return createHash("sha256").update(workspace, "utf8").digest().readUInt32BE(0) % partitions
}
