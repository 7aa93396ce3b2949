import { parseCanonical, type Resolution } from "@millrace/model"
import { MillraceError } from "@millrace/ports"
import { type Dispute, type FieldText, wholeRecord } from "../journal/two-way-entries.ts"
import { disputeHash } from "../view/exception.ts"
import type { BaseRow } from "../view/rows.ts"
import type { Decision } from "./decide.ts"
import { fieldsOf, recordText, withField } from "./fields.ts"

/**
 * What an answer to a conflict leads to.
 *
 * @throws MillraceError `conflict` where it is about other values than the present ones, `invalid` for a value that is
 *   none.
 */
export function answer(base: BaseRow, field: string, given: Omit<Resolution, "by">, nowMs: number): Decision {
  const dispute = base.disputes?.[field]
  if (dispute === undefined || disputeHash(dispute) !== given.baseHash) {
    throw new MillraceError("One of both sides has changed since; look at the conflict again.", { kind: "conflict" })
  }
  const { [field]: _, ...disputes } = base.disputes ?? {}
  const head = { collection: base.collection, id: base.id, timeMs: nowMs, disputes }
  if (field === wholeRecord) return answerWhole(head, base, dispute, given)
  const value = chosen(dispute, given)
  const sent = new Map(fieldsOf(base.sent))
  const item = (): Decision["item"] => ({ ...head, observed: base.observed, sent: recordText(sent) })
  if (value === dispute.ours) {
    // Apart from the base, so that it goes out; theirs was seen, and is no change any more.
    withField(sent, field, dispute.base)
    return { item: { ...item(), resend: true }, writes: {} }
  }
  withField(sent, field, dispute.theirs)
  const wrote = { [field]: { base: dispute.base, baseTheirs: dispute.baseTheirs } }
  return { item: { ...item(), wrote }, writes: { [field]: { value, local: dispute.ours } } }
}

function answerWhole(
  head: Pick<Decision["item"], "collection" | "id" | "timeMs" | "disputes">,
  base: BaseRow,
  { ours, theirs }: Dispute,
  { choice }: Omit<Resolution, "by">,
): Decision {
  if (choice === "value") {
    throw new MillraceError("A record is kept as one side has it: choose ours or theirs.", { kind: "invalid" })
  }
  if (choice === "theirs") {
    const writes = { [wholeRecord]: { value: theirs, local: ours } }
    return { item: { ...head, observed: theirs, sent: theirs }, writes }
  }
  if (ours === null) return { item: { ...head, observed: theirs, sent: base.sent }, writes: {} }
  return { item: { ...head, observed: null, sent: null, resend: true }, writes: {} }
}

function chosen({ ours, theirs }: Dispute, { choice, value }: Omit<Resolution, "by">): FieldText {
  if (choice === "ours") return ours
  if (choice === "theirs") return theirs
  if (value === undefined || value === null) return null
  try {
    parseCanonical(value)
    return value
  } catch (cause) {
    throw new MillraceError("The value is not canonical JSON text.", { kind: "invalid", cause })
  }
}
