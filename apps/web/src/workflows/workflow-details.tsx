import type { ReactElement } from "react"
import { StatusBadge } from "../status/status-badge.tsx"
import { TargetTable } from "../status/target-table.tsx"
import { useRecordStatus } from "../workspace/hooks.ts"
import { useWorkflow } from "./hooks.ts"
import { NodeCard } from "./node-card.tsx"

export interface WorkflowDetailsProps {
  readonly id: string
  readonly canEdit: boolean
  readonly onClose: () => void
}

/** One workflow: what the targets said, what is wrong with the whole, and its nodes, edited in place. */
export function WorkflowDetails({ id, canEdit, onClose }: WorkflowDetailsProps): ReactElement {
  const view = useWorkflow(id)
  const status = useRecordStatus("workflows", id)
  if (view === undefined) {
    return (
      <section className="details-pane" aria-label="Details">
        <p className="empty">
          There is no workflow of this name here. It may have been deleted, or not have arrived yet.
        </p>
      </section>
    )
  }
  const nodes = new Set(view.nodes.flatMap((node) => [node.id, ...node.transitions.map((each) => each.id)]))
  const ownProblems = view.problems.filter((problem) => !nodes.has(problem.id))
  return (
    <section className="details-pane" aria-labelledby="details-title" data-testid="workflow-details" data-id={id}>
      <header className="details-head">
        <div className="details-title">
          <h2 id="details-title" className="breaks">
            {view.name}
          </h2>
          <StatusBadge state={status.state} testId="details-status" />
        </div>
        <div className="details-actions">
          <button type="button" className="button" data-testid="close-details" onClick={onClose}>
            Close
          </button>
        </div>
      </header>
      <div className="details-body">
        <p className="quiet breaks">{view.path}</p>
        <p
          role="status"
          className={view.problems.length === 0 ? "quiet" : "field-error"}
          data-testid="workflow-fit"
          data-problems={view.problems.length}
        >
          {view.problems.length === 0
            ? "The definition is whole and can be published."
            : `${view.problems.length} ${view.problems.length === 1 ? "problem keeps" : "problems keep"} it from being published.`}
        </p>
        {ownProblems.map(({ reason }) => (
          <p key={reason} className="field-error" data-testid="workflow-problem">
            {reason}
          </p>
        ))}
        <section aria-labelledby="targets-title" className="details-section">
          <h3 id="targets-title">Targets</h3>
          <TargetTable status={status} />
        </section>
        <section aria-labelledby="nodes-title" className="details-section">
          <h3 id="nodes-title">Nodes</h3>
          <ol className="nodes">
            {view.nodes.map((node) => (
              <NodeCard key={node.id} view={view} node={node} canEdit={canEdit} />
            ))}
          </ol>
        </section>
      </div>
    </section>
  )
}
