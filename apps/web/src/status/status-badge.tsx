import type { RecordState } from "@millrace/client"
import type { ReactElement } from "react"
import { stateLabel, stateMeaning } from "./record-view.ts"

export interface StatusBadgeProps {
  readonly state: RecordState
  /** Small: the mark alone, its words for assistive technology and as a tooltip. */
  readonly small?: boolean
  readonly detail?: string | undefined
  readonly testId?: string
}

/** A record's state as mark and word: colour is never the only sign. */
export function StatusBadge({ state, small, detail, testId }: StatusBadgeProps): ReactElement {
  const meaning = detail ?? stateMeaning(state)
  return (
    <span
      className={small === true ? "badge badge-small" : "badge"}
      data-testid={testId ?? "record-status"}
      data-state={state}
      title={`${stateLabel(state)}: ${meaning}`}
    >
      <span className="badge-mark" aria-hidden="true" />
      <span className={small === true ? "visually-hidden" : undefined}>{stateLabel(state)}</span>
    </span>
  )
}
