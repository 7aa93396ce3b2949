/**
 * What went wrong, as a closed union, so that every reader can decide without parsing prose.
 *
 * - `invalid` the input breaks a stated rule; the same input fails again
 * - `unauthenticated` no token, or one that is wrong or expired
 * - `forbidden` the token is good and does not allow this
 * - `not-found` what was named does not exist
 * - `conflict` somebody else changed it first
 * - `generation` the workspace was reset; this copy belongs to an earlier generation
 * - `reserved` a client id or a name that only the system may use
 * - `too-large` over a stated limit of bytes or count
 * - `rate-limited` too much, too fast
 * - `timeout` no answer in time; whether it took effect is unknown
 * - `unavailable` the other side cannot be reached or is not ready
 * - `storage` the disk or the browser's database refused
 * - `corrupt` stored or received bytes do not decode
 * - `unsupported` the other side cannot do this
 * - `closed` the object was closed before the call
 * - `usage` the command line or the configuration is wrong
 * - `bug` a rule of our own is broken; please report it
 */
export type ErrorKind =
  | "invalid"
  | "unauthenticated"
  | "forbidden"
  | "not-found"
  | "conflict"
  | "generation"
  | "reserved"
  | "too-large"
  | "rate-limited"
  | "timeout"
  | "unavailable"
  | "storage"
  | "corrupt"
  | "unsupported"
  | "closed"
  | "usage"
  | "bug"

/** Every kind, for decoders that must refuse an unknown one. */
export const errorKinds: readonly ErrorKind[] = [
  "invalid",
  "unauthenticated",
  "forbidden",
  "not-found",
  "conflict",
  "generation",
  "reserved",
  "too-large",
  "rate-limited",
  "timeout",
  "unavailable",
  "storage",
  "corrupt",
  "unsupported",
  "closed",
  "usage",
  "bug",
]

/** Whether trying again can help: never, at once, or after a number of milliseconds. */
export type Retry = "never" | "now" | { readonly afterMs: number }

export interface ErrorOptionsOf {
  readonly kind: ErrorKind
  readonly retry?: Retry
  readonly cause?: unknown
}

/**
 * The one base of all errors that cross a boundary of this project.
 *
 * `message` says what happened and what to do next. `cause` keeps the original error. `retry` is `"never"` unless
 * given.
 */
export class MillraceError extends Error {
  readonly kind: ErrorKind
  readonly retry: Retry

  constructor(message: string, options: ErrorOptionsOf) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = "MillraceError"
    this.kind = options.kind
    this.retry = options.retry ?? "never"
  }
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** Anything that was thrown as a MillraceError; what already is one comes back as it is. */
export function asMillraceError(thrown: unknown, kind: ErrorKind, retry: Retry = "never"): MillraceError {
  return thrown instanceof MillraceError ? thrown : new MillraceError(messageOf(thrown), { kind, retry, cause: thrown })
}
