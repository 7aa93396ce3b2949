import type { ReactElement } from "react"
import { useWorkflowList } from "./hooks.ts"

export interface WorkflowListProps {
  readonly openId: string | undefined
  readonly onOpen: (id: string) => void
}

/** Every workflow, by its path. */
export function WorkflowList({ openId, onOpen }: WorkflowListProps): ReactElement {
  const list = useWorkflowList()
  return (
    <section className="list-pane" aria-label="Workflow list">
      {list.length === 0 ? (
        <div className="empty" data-testid="list-empty">
          <p>
            No workflows yet. Bring a tree of definitions in with <code>millrace import DIR</code>.
          </p>
        </div>
      ) : (
        <ul className="workflow-list">
          {list.map(({ id, name, path }) => (
            <li key={id}>
              <button
                type="button"
                className="workflow-entry"
                data-testid="workflow-entry"
                data-id={id}
                aria-current={openId === id}
                onClick={() => onOpen(id)}
              >
                <span className="row-name">{name}</span>
                <span className="row-comment">{path}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <p className="list-foot" role="status" data-testid="workflow-count">
        {list.length === 1 ? "1 workflow" : `${list.length} workflows`}
      </p>
    </section>
  )
}
