/** An edit as an entry of a workspace's log. Every process that handles it names its trace by it, so nothing has to be carried along. */
export interface EditRef {
  readonly workspace: string
  readonly generation: number
  readonly seq: number
}

/** A step that is over. Never put a token, a secret or a record's content into it. */
export interface Span {
  /** A fixed short phrase, such as `commit`. */
  readonly name: string
  readonly edit: EditRef
  readonly startMs: number
  readonly endMs: number
  /** True for the one step that all others of the edit hang below. */
  readonly isRoot?: true
  readonly attributes?: Readonly<Record<string, string | number | boolean>>
  /** Why the step failed, for people. */
  readonly error?: string
}

/** Where steps of edits are told, as a port. Telling is cheap, never throws and never waits; what cannot be sent is dropped. */
export interface Spans {
  /** False where nobody listens: callers need not gather anything. */
  readonly enabled: boolean
  record(span: Span): void
}

/** Nobody listens: the default of libraries. */
export const noSpans: Spans = { enabled: false, record: () => {} }
