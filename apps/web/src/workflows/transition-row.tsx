import type { ReactElement } from "react"
import { EditableText } from "../editing/editable-text.tsx"
import { useSession } from "../workspace/context.ts"
import type { WorkflowNode, WorkflowTransition } from "@millrace/workspace"
import type { WorkflowView } from "./workflows.ts"

const labels: Readonly<Record<WorkflowTransition["kind"], string>> = {
  start: "begins with",
  ok: "goes on to",
  error: "on failure",
  case: "if",
  default: "otherwise",
  path: "in parallel",
  join: "goes on to",
}

export interface TransitionRowProps {
  readonly view: WorkflowView
  readonly node: WorkflowNode
  readonly transition: WorkflowTransition
  readonly canEdit: boolean
}

/** Where a node leads; a choice of the nodes there are. */
export function TransitionRow({ view, node, transition, canEdit }: TransitionRowProps): ReactElement {
  const { workflowEdits } = useSession()
  const target = view.nodes.find(({ id }) => id === transition.to)
  const label = labels[transition.kind]
  return (
    <li className="transition" data-testid="transition" data-kind={transition.kind} data-id={transition.id}>
      <span className="transition-kind">{label}</span>
      {transition.kind === "case" ? (
        <EditableText
          label={`Condition of ${node.name}`}
          hideLabel
          value={transition.condition}
          place={{ dataset: "", id: transition.id, field: "condition" }}
          testId="transition-condition"
          readOnly={!canEdit}
          onWrite={(text) => workflowEdits.setCondition(transition.id, text)}
        />
      ) : null}
      <select
        className="field-input"
        aria-label={`${node.name === "" ? "Start" : node.name} ${label}`}
        data-testid="transition-to"
        disabled={!canEdit}
        value={target?.id ?? ""}
        onChange={(event) => workflowEdits.lead(transition.id, event.target.value)}
      >
        {target === undefined ? <option value="">{transition.unresolved ?? "a node that is gone"}</option> : null}
        {view.nodes
          .filter(({ kind, id }) => kind !== "start" && id !== node.id)
          .map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
      </select>
    </li>
  )
}
