import { MillraceError } from "@millrace/ports"
import type { Refusal } from "@millrace/target"

/** Carries what an answer meant out of the steps of a call; never leaves the package. */
export class Refused extends MillraceError {
  readonly refusal: Refusal
  /** Whether what was sent may have taken effect all the same. */
  readonly isUnheard: boolean

  constructor(refusal: Refusal, isUnheard = false) {
    super(refusal.reason, { kind: "unavailable" })
    this.refusal = refusal
    this.isUnheard = isUnheard
  }
}
