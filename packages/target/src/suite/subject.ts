import type { Change } from "../change.ts"
import type { Target } from "../target.ts"

/** A change or a record as it is found in the target's world, read past the target. */
export interface Held {
  readonly eventId: string
  readonly collection: string
  readonly id: string
  readonly version: number
  /** JSON text; null for a deletion that a log target was told of. */
  readonly after: string | null
}

/** What the server is to do with the requests to come; needed of HTTP targets only. */
export interface HttpFaults {
  /** Answers the next request so, without taking anything from it. */
  refuseNext(answer: {
    readonly status: number
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
  }): void
  /** Takes the next request and never answers. */
  hangNextAfterApply(): void
  /** Takes the next request and cuts the connection in place of an answer. */
  dropNextAfterApply(): void
  /** Takes the next request and answers after this time. */
  delayNext(delayMs: number): void
}

/** What others do in the world of a state target. */
export type WorldAct = "edit" | "cut" | "normalise" | "default"

export interface World {
  /** Gives the field `name` of a record another value, past the target. */
  edit?(collection: string, id: string, name: string): Promise<void>
  /** The next listing breaks off. */
  cutNextListing?(): Promise<void>
  /** From now on what is written is kept without white space around it. */
  normalise?(): void
  /** From now on what is written gets something that nobody sent. */
  addDefault?(): void
}

/** One fresh target and the world that it writes to. */
export interface Subject {
  readonly target: Target
  /** A log target's events in order of arrival, repeats included; a state target's records in any order. */
  held(): Promise<readonly Held[]>
  /** Makes the world unreachable, and reachable again with all that it held. */
  die(): Promise<void>
  revive(): Promise<void>
  readonly http?: HttpFaults
  readonly world?: World
  dispose(): Promise<void>
}

export interface SuiteOptions {
  /**
   * Makes a subject with an empty world. `timeoutMs`, where given, bounds a call of the target, so that cases with a
   * server that never answers are short.
   */
  make(options: { readonly timeoutMs?: number }): Promise<Subject>
  /** A change of the same record that this target must refuse for its content; absent where it takes everything. */
  readonly spoil?: (change: Change) => Change
  /** Whether `make` gives `http`. */
  readonly http: boolean
  /** What `world` of the subjects can do; left out: nothing. */
  readonly world?: readonly WorldAct[]
}

/** One case, to be handed to any test runner. */
export interface SuiteCase {
  /** Begins with the id of the rule that it proves. */
  readonly title: string
  readonly run: () => Promise<void>
}
