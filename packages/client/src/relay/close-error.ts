import { errorKinds, MillraceError } from "@millrace/ports"
import { closeCodeOf, isPermanentCloseCode } from "@millrace/protocol"

/** What a close code says when no error message came before it. */
export function errorOfClose(code: number, reason: string): MillraceError {
  const kind = code < 4400 ? "unavailable" : (errorKinds.find((known) => closeCodeOf(known) === code) ?? "unavailable")
  const why = reason === "" ? "" : `: ${reason}`
  return isPermanentCloseCode(code)
    ? new MillraceError(`The relay refused the connection (${code})${why}.`, { kind })
    : new MillraceError(`The relay is out of reach (${code})${why}; tried again.`, { kind, retry: "now" })
}
