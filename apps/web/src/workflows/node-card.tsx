import { messageOf } from "@millrace/ports"
import { type ReactElement, useState } from "react"
import { EditableText } from "../editing/editable-text.tsx"
import { StatusBadge } from "../status/status-badge.tsx"
import { useSession } from "../workspace/context.ts"
import { useRecordStatus } from "../workspace/hooks.ts"
import type { Content, WorkflowNode } from "@millrace/workspace"
import { bodyTexts } from "./body-text.ts"
import { TransitionRow } from "./transition-row.tsx"
import type { WorkflowView } from "./workflows.ts"

export interface NodeCardProps {
  readonly view: WorkflowView
  readonly node: WorkflowNode
  readonly canEdit: boolean
}

/** One node: its name, what it does, where it leads, and what is wrong with it. */
export function NodeCard({ view, node, canEdit }: NodeCardProps): ReactElement {
  const { workflowEdits } = useSession()
  const status = useRecordStatus("workflowNodes", node.id)
  const [refusal, setRefusal] = useState<string>()
  const own = new Set([node.id, ...node.transitions.map(({ id }) => id)])
  const problems = view.problems.filter(({ id }) => own.has(id))
  const body = (node.record["body"] ?? []) as readonly Content[]
  const attempt = (act: () => void): void => {
    try {
      act()
      setRefusal(undefined)
    } catch (error) {
      setRefusal(messageOf(error))
    }
  }
  const insert = (): void => attempt(() => void workflowEdits.insertAfter(view, node, freeName(view)))
  const canInsert = node.transitions.some(({ kind }) => kind === "ok" || kind === "start" || kind === "join")
  const action = node.record["action"]
  return (
    <li className="node" data-testid="node" data-id={node.id} data-kind={node.kind} data-name={node.name}>
      <div className="node-head">
        <span className="node-kind">{typeof action === "string" ? action : node.kind}</span>
        {node.kind === "start" ? null : (
          <EditableText
            label={`Name of ${node.kind} ${node.name}`}
            hideLabel
            value={node.name}
            place={{ dataset: "", id: node.id, field: "name" }}
            testId="node-name"
            readOnly={!canEdit}
            onWrite={(name) => workflowEdits.rename(view, node, name)}
          />
        )}
        <StatusBadge state={status.state} small />
        {canInsert ? (
          <button type="button" className="button" disabled={!canEdit} data-testid="node-insert" onClick={insert}>
            Insert after
          </button>
        ) : null}
        {node.kind === "start" ? null : (
          <button
            type="button"
            className="button button-quiet-danger"
            disabled={!canEdit}
            data-testid="node-remove"
            aria-label={`Remove ${node.name}`}
            onClick={() => attempt(() => workflowEdits.remove(view, node))}
          >
            Remove
          </button>
        )}
      </div>
      {[...problems.map(({ reason }) => reason), ...(refusal === undefined ? [] : [refusal])].map((reason) => (
        <p key={reason} className="field-error" role="status" data-testid="node-problem">
          {reason}
        </p>
      ))}
      {node.kind === "kill" ? (
        <EditableText
          label="Message"
          value={typeof node.record["message"] === "string" ? node.record["message"] : ""}
          place={{ dataset: "", id: node.id, field: "message" }}
          testId="node-message"
          readOnly={!canEdit}
          onWrite={(text) => workflowEdits.setMessage(node, text)}
        />
      ) : null}
      {bodyTexts(body).map(({ path, label, text }) => (
        <EditableText
          key={path.join(".")}
          label={label}
          value={text}
          place={{ dataset: "", id: node.id, field: path.join(".") }}
          testId="node-text"
          readOnly={!canEdit}
          multiline={text.includes("\n")}
          onWrite={(next) => workflowEdits.setBodyText(node, path, next)}
        />
      ))}
      {node.transitions.length === 0 ? null : (
        <ul className="transitions" aria-label={`Where ${node.name === "" ? "the workflow" : node.name} leads`}>
          {node.transitions.map((transition) => (
            <TransitionRow key={transition.id} view={view} node={node} transition={transition} canEdit={canEdit} />
          ))}
        </ul>
      )}
    </li>
  )
}

function freeName({ nodes }: WorkflowView): string {
  const taken = new Set(nodes.map(({ name }) => name))
  for (let n = 1; ; n++) if (!taken.has(`action-${n}`)) return `action-${n}`
}
