import type { Applied } from "./applied.ts"
import type { Refusal } from "./classify.ts"
import type { RecordId } from "./observation.ts"

/** Something that a person may have a target do with a record: `run`, `suspend`, `resume`, `kill`, `rerun`, ... */
export interface ActionOffer {
  readonly name: string
  readonly collections: readonly string[]
  /** One line for people. */
  readonly summary: string
  /** What may be said beside it, by name, with a line for people. */
  readonly parameters?: Readonly<Record<string, { readonly summary: string; readonly required: boolean }>>
  /** True where it cannot be taken back: a screen asks before it calls. */
  readonly isFinal?: boolean
}

export interface ActionRequest extends RecordId {
  readonly action: string
  readonly workspace: string
  readonly binding: string
  /** Subject of the token of whoever asked; the target acts as this user where it can. */
  readonly asUser: string
  readonly parameters: Readonly<Record<string, string>>
  /**
   * One key is one effect. The projector answers repeats from its journal; `attempts` above 0 says that a call with this
   * key may have taken effect unheard: then the target looks for it before it acts.
   */
  readonly idempotencyKey: string
  readonly attempts: number
  /** What is known of the record in the target; null where nothing was applied. */
  readonly applied: Applied | null
}

export interface ActionDone {
  readonly outcome: "done"
  /** One line for people. */
  readonly detail: string
  /** The server's id of what was started or changed. */
  readonly remoteId?: string
}

export type ActionResult = ActionDone | Refusal
