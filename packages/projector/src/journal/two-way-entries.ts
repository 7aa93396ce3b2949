import type { Owner, Remote } from "@millrace/target"

/** A field's value as canonical JSON text; null where it is not there. */
export type FieldText = string | null

/** Stands for the record itself among disputed fields: one side deleted what the other changed. */
export const wholeRecord = "$record"

/** A field that both sides changed and that waits for a person. */
export interface Dispute {
  /** What both last agreed on: as it was sent, and as it was read back. */
  readonly base: FieldText
  readonly baseTheirs: FieldText
  readonly ours: FieldText
  readonly theirs: FieldText
  readonly sinceMs: number
}

/** What is to be written onto the document because the target says so. */
export interface PendingWrite {
  /** By field, or the whole record under `$record`: null deletes it. `local` is what the decision found in the document. */
  readonly fields: Readonly<Record<string, { readonly value: FieldText; readonly local: FieldText }>>
  /** The write is in every document that holds more than `clock` of `client`. */
  readonly client: number
  readonly clock: number
}

/** What one look at a record in the target led to. Only what differs from before is there. */
export interface ReconciledItem {
  readonly collection: string
  readonly id: string
  /** What the target holds, read back; null where it has no such record. */
  readonly observed: string | null
  /** The base of ours from here on. */
  readonly sent: string | null
  readonly remote?: Remote
  readonly owner?: Owner
  readonly timeMs: number
  /** Null: nothing is pending any more. */
  readonly pending?: PendingWrite | null
  /** All that are open from here on; left out: as before. */
  readonly disputes?: Readonly<Record<string, Dispute>>
  /** Values from before a write-back, kept for a person who had not seen it. */
  readonly wrote?: Readonly<Record<string, { readonly base: FieldText; readonly baseTheirs: FieldText }>>
  /** The record's present version goes out, though it was sent before. */
  readonly resend?: true
  /** The record stops: it was written without a person too often. */
  readonly brake?: true
  /** A hash of what was written without a person, for the brake. */
  readonly automatic?: string
}

/** Outcome of looks at a target. Answers to an earlier revision of the binding say nothing. */
export interface Reconciled {
  readonly kind: "reconciled"
  readonly binding: string
  readonly revision: number
  readonly workspace: string
  readonly items: readonly ReconciledItem[]
}

/** A reserved client id that nobody may ever use again in this workspace and generation. */
export interface WriterEntry {
  readonly kind: "writer"
  readonly workspace: string
  readonly generation: number
  readonly client: number
}

/** The merged state holds everything below `clock` of `client`. */
export interface Landed {
  readonly client: number
  readonly clock: number
}
