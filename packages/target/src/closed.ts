import { MillraceError } from "@millrace/ports"

/** The error of a call on a closed target. */
export function closedError(name: string): MillraceError {
  return new MillraceError(`The target ${name} is closed.`, { kind: "closed" })
}

/** The error of an aborted call. Whether the call took effect is unknown; repeating it is safe. */
export function abortedError(name: string, signal: AbortSignal): MillraceError {
  return new MillraceError(
    `The call to the target ${name} was aborted; repeat it, whether it took effect is unknown.`,
    {
      kind: "timeout",
      retry: "now",
      cause: signal.reason,
    },
  )
}
