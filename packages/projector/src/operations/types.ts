import type { FieldDiff, PlannedStep } from "@millrace/target"
import type { Resolution } from "@millrace/model"
import type { RecordName } from "../journal/entry.ts"

/** Where an operation is done. */
export interface Place {
  readonly workspace: string
  readonly binding: string
}

/** Who does it: the subject of a token. With a key, a repeat has no effect and answers as the first one did. */
export interface Doer {
  readonly by: string
  readonly key?: string
}

export interface PlanStep extends Omit<PlannedStep, "action"> {
  /** `conflict`: waits for an answer; `held`: a deletion that waits for a confirmation. */
  readonly action: PlannedStep["action"] | "conflict" | "held"
}

/** What would be done. `id` names exactly this: an `apply` or `publish` of it is refused once anything is different. */
export interface Plan extends Place {
  readonly id: string
  readonly mode: "continuous" | "published"
  /** Of a published binding: the release in force, 0 for none. */
  readonly release: number
  /** In the order in which they would be carried out. */
  readonly steps: readonly PlanStep[]
}

export interface DriftRecord {
  readonly collection: string
  readonly id: string
  /** `changed` there since we looked last, `lost` there, or `conflict` with what people changed here. */
  readonly state: "changed" | "lost" | "conflict"
  readonly owner: "ours" | "foreign"
  /** From what was known to be there to what is there. */
  readonly diff: readonly FieldDiff[]
}

export interface Drift extends Place {
  /** False where the target could not be read whole: then nothing counts as lost. */
  readonly complete: boolean
  readonly records: readonly DriftRecord[]
  readonly problems: readonly { readonly where: string; readonly reason: string }[]
}

export interface Conflict extends Place {
  readonly id: string
  readonly target: string
  readonly collection: string
  readonly record: string
  /** `$record`: one side deleted what the other changed. */
  readonly field: string
  /** Canonical JSON text; null where the field, or the record, is not there. */
  readonly base: string | null
  readonly ours: string | null
  readonly theirs: string | null
  readonly baseHash: string
  readonly sinceMs: number
}

export interface Resolve extends Resolution {
  readonly workspace: string
  readonly conflict: string
  readonly key?: string
}

export interface ParkedRecord extends Place {
  readonly target: string
  readonly collection: string
  readonly id: string
  readonly state: "parked" | "rejected" | "oscillating"
  readonly version: number
  readonly kind: string
  readonly reason: string
  readonly attempts: number
  readonly sinceMs: number
  /** The fields that were refused, as canonical JSON text. */
  readonly content: string | null
}

export interface Release extends Place {
  readonly number: number
  readonly by: string
  readonly timeMs: number
  readonly note: string
  readonly rollbackOf?: number
  readonly state: "applying" | "applied" | "failed" | "superseded"
  readonly changes: readonly {
    readonly collection: string
    readonly id: string
    readonly diff: readonly FieldDiff[]
  }[]
}

export interface ActRequest extends Place, Doer {
  readonly key: string
  readonly collection: string
  readonly id: string
  readonly action: string
  readonly parameters?: Readonly<Record<string, string>>
}

export interface RetryRequest extends Place, Doer {
  /** Left out: all that is parked, rejected or stopped by the brake. */
  readonly records?: readonly RecordName[]
}

export interface DropRequest extends Place, Doer {
  readonly collection: string
  readonly id: string
  /** The version that is given up, as `parked` tells it. */
  readonly version: number
}

export interface PublishRequest extends Place, Doer {
  /** The `id` of the plan that was approved. */
  readonly plan: string
  readonly note?: string
}

export interface RollbackRequest extends Place, Doer {
  /** Number of the release whose content is brought back. */
  readonly to: number
  readonly note?: string
}

export interface AdoptResult {
  /** Taken into the workspace, or taken as the state that both sides agree on. */
  readonly adopted: number
  /** Left out, with the reason. */
  readonly refused: readonly { readonly collection: string; readonly id: string; readonly reason: string }[]
  readonly complete: boolean
}
