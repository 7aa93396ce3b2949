import type { ConflictPolicy, FieldRule, Owner } from "@millrace/target"

/** Who changed a field since both sides agreed; ours is compared with what was sent, theirs with what was read back. */
export type Situation = "quiet" | "ours" | "theirs" | "both"

/** A field's rule as one word: who owns it, and for shared ones what a conflict leads to. */
export type Policy = "app" | "target" | ConflictPolicy

/**
 * - `none` nothing to do
 * - `send` ours goes out with the outbox
 * - `restore` ours goes out again, though nothing of ours changed
 * - `write` theirs is written onto the document
 * - `union`, `text-merge` what both give together goes both ways
 * - `ask` a person decides; until then the field stays as each side has it
 */
export type Outcome = "none" | "send" | "restore" | "write" | "union" | "text-merge" | "ask"

/** Every policy with every situation. */
export const outcomeTable: Readonly<Record<Policy, Readonly<Record<Situation, Outcome>>>> = {
  app: { quiet: "none", ours: "send", theirs: "restore", both: "restore" },
  target: { quiet: "none", ours: "write", theirs: "write", both: "write" },
  ours: { quiet: "none", ours: "send", theirs: "write", both: "send" },
  theirs: { quiet: "none", ours: "send", theirs: "write", both: "write" },
  union: { quiet: "none", ours: "send", theirs: "write", both: "union" },
  "text-merge": { quiet: "none", ours: "send", theirs: "write", both: "text-merge" },
  ask: { quiet: "none", ours: "send", theirs: "write", both: "ask" },
}

/** What is somebody else's is not fought over: their change of a field that people own comes back like one of theirs. */
export function policyOf(rule: FieldRule, owner: Owner): Policy {
  if (rule.owner === "shared") return rule.onConflict ?? "ask"
  return rule.owner === "app" && owner === "foreign" ? "ours" : rule.owner
}

export function situationOf(oursChanged: boolean, theirsChanged: boolean): Situation {
  if (oursChanged) return theirsChanged ? "both" : "ours"
  return theirsChanged ? "theirs" : "quiet"
}
