import { MillraceError, messageOf } from "@millrace/ports"
import type { FailureKind, Intent, Operation, Remote } from "@millrace/target"
import type { Binding } from "../binding.ts"
import type { Acted, Confirmed, Dropped, Paused, Released, Retried } from "./operation-entries.ts"
import type { Landed, Reconciled, WriterEntry } from "./two-way-entries.ts"

/** First entry of a journal. The id is drawn here and nowhere else, so that a lost journal gives no id a second meaning. */
export interface Born {
  readonly kind: "born"
  readonly journalId: string
  /** Version of the canonical form that the hashes of this journal were made with. */
  readonly canonicalForm: number
}

/** A record's step to a new version. What it was before stands in the step before this one. */
export interface DerivedRecord {
  readonly collection: string
  readonly id: string
  readonly version: number
  readonly op: Operation
  /** Null when deleted, like `after`. */
  readonly hash: string | null
  /** The fields as canonical JSON text. */
  readonly after: string | null
  readonly author: string
  readonly timeMs: number
  readonly seqFrom: number
  readonly seq: number
  /** True where write-backs from targets alone made it: no person touched the record. */
  readonly automatic?: true
}

/** Fields of a record in which a write-back lost to a person who had not seen it, each with its value as canonical JSON text. */
export interface Contested {
  readonly collection: string
  readonly id: string
  /** Null for a write-back that removed the field; no field when nothing is contested any more. */
  readonly fields: Readonly<Record<string, string | null>>
}

/** A record whose merged state breaks the schema: no version, the last valid state stays in force. */
export interface InvalidRecord {
  readonly collection: string
  readonly id: string
  /** Fields and reasons, for people. */
  readonly reason: string
  readonly seq: number
  readonly timeMs: number
}

/** A record by name. */
export type RecordName = readonly [collection: string, id: string]

/**
 * What one look at a workspace's merged state gave: hashes, versions, outbox and position in one commit.
 *
 * Every binding that covers a record at this place of the journal has the change in its outbox: the journal does not
 * repeat it per binding. When a look gives more than one entry holds, each entry is whole in itself, and only the last
 * moves the position.
 */
export interface Derived {
  readonly kind: "derived"
  readonly workspace: string
  readonly generation: number
  /** Sorted by collection, then id. */
  readonly records: readonly DerivedRecord[]
  readonly invalid: readonly InvalidRecord[]
  /** No longer invalid, without a new version: back at the last valid state, or gone before it ever was valid. */
  readonly mended: readonly RecordName[]
  /** Touched up to this seq with no other outcome, while not settled: an exception is about this touch too. */
  readonly seen: readonly (readonly [collection: string, id: string, seq: number])[]
  /** Records whose contested fields are others than before. */
  readonly contested?: readonly Contested[]
  /** Write-backs that the merged state holds by now. */
  readonly landed?: readonly Landed[]
  /** Seq of the log that all of this reflects; null in all entries of a look but the last. */
  readonly position: number | null
}

/** A version that a target refused for good. */
export interface FailedRecord {
  readonly collection: string
  readonly id: string
  readonly version: number
  /** `parked` holds back later versions and needs a person; `rejected` is superseded by the next version. */
  readonly state: "parked" | "rejected"
  readonly kind: FailureKind
  readonly reason: string
  /** Calls in which this version was sent. */
  readonly attempts: number
  readonly timeMs: number
}

/** What a state target confirmed: the base of all that is compared from here on. */
export interface AppliedState {
  readonly sent: string | null
  /** Left out where it equals `sent`. */
  readonly observed?: string
  readonly remote?: Remote
  readonly timeMs: number
}

/** A version, and of a state target what it holds now. */
export type Confirmation = readonly [collection: string, id: string, version: number, applied?: AppliedState]

/** What a target answered for versions of a binding. Applying it twice is the same as once. */
export interface Receipts {
  readonly kind: "receipts"
  readonly binding: string
  readonly revision: number
  readonly workspace: string
  /** Confirmed, with every version of that record before. */
  readonly accepted: readonly Confirmation[]
  readonly failed: readonly FailedRecord[]
}

/** All bindings from here on. What is newly covered enters the outbox at its current version. */
export interface BindingsEntry {
  readonly kind: "bindings"
  readonly bindings: readonly Binding[]
}

/** Creates that are about to be sent to a server which assigns ids. */
export interface Intended {
  readonly kind: "intended"
  readonly binding: string
  readonly workspace: string
  readonly intents: readonly (Intent & { readonly collection: string; readonly id: string })[]
}

/** A worker took the journal over, so that nothing that the former one still appends is taken. */
export interface Took {
  readonly kind: "took"
  readonly worker: string
  readonly token: number
  readonly timeMs: number
}

/** Hashes and texts of records are of another canonical form from here on; nothing changed by it. */
export interface Form {
  readonly kind: "form"
  readonly canonicalForm: number
}

export type JournalEntry =
  | Born
  | Derived
  | Receipts
  | BindingsEntry
  | Reconciled
  | WriterEntry
  | Intended
  | Paused
  | Confirmed
  | Retried
  | Dropped
  | Released
  | Acted
  | Took
  | Form

const entryVersion = 1
const kinds: Readonly<Record<JournalEntry["kind"], true>> = {
  born: true,
  derived: true,
  receipts: true,
  bindings: true,
  reconciled: true,
  writer: true,
  intended: true,
  paused: true,
  confirmed: true,
  retried: true,
  dropped: true,
  released: true,
  acted: true,
  took: true,
  form: true,
}

export function encodeEntry(entry: JournalEntry): Uint8Array {
  return Buffer.from(JSON.stringify({ v: entryVersion, ...entry }), "utf8")
}

/** Throws kind `corrupt` for bytes that are no entry, `unsupported` for an entry of a later program. */
export function decodeEntry(payload: Uint8Array): JournalEntry {
  let value: { readonly v?: unknown; readonly kind?: unknown } | null
  try {
    value = JSON.parse(Buffer.from(payload).toString("utf8")) as typeof value
  } catch (cause) {
    throw new MillraceError(`A journal entry does not parse: ${messageOf(cause)}. Restore the journal from a copy.`, {
      kind: "corrupt",
      cause,
    })
  }
  if (
    typeof value !== "object" ||
    value === null ||
    value.v !== entryVersion ||
    !Object.hasOwn(kinds, String(value.kind))
  ) {
    throw new MillraceError(
      `The journal holds an entry of version ${String(value?.v)} and kind ${String(value?.kind)}, which this program does not know: run the newer one.`,
      { kind: "unsupported" },
    )
  }
  return value as unknown as JournalEntry
}
