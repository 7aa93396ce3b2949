import type { RecordStatus } from "@millrace/client"
import type { ReactElement } from "react"
import { targetMeaning, targetLines } from "./record-view.ts"
import { StatusBadge } from "./status-badge.tsx"
import { useTroubles } from "./use-troubles.ts"

/** What each target said of one record, with its reason where it refused. */
export function TargetTable({ status }: { readonly status: RecordStatus }): ReactElement {
  const lines = targetLines(status)
  const troubles = useTroubles(lines.some(({ state }) => state === "pending"))
  if (lines.length === 0) {
    return (
      <p className="quiet" data-testid="target-status-none">
        No target takes this record yet, or none is known in this browser.
      </p>
    )
  }
  return (
    <ul className="targets" aria-label="What each target said">
      {lines.map((line) => (
        <li
          key={`${line.target}/${line.binding}`}
          className="target"
          data-testid="target-status"
          data-target={line.target}
          data-binding={line.binding}
          data-state={line.state}
        >
          <span className="target-name">
            {line.target}
            <span className="quiet"> / {line.binding}</span>
          </span>
          <StatusBadge state={line.state} testId="target-state" />
          <span className="target-reason">
            {line.reason ??
              (line.state === "pending" ? troubles.get(line.target) : undefined) ??
              targetMeaning(line.state)}
          </span>
        </li>
      ))}
    </ul>
  )
}
