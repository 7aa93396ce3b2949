import { messageOf } from "@millrace/ports"
import type { ColumnRole } from "@millrace/workspace"
import { memo, type ReactElement, useState } from "react"
import { EditableText } from "../editing/editable-text.tsx"
import { StatusBadge } from "../status/status-badge.tsx"
import { targetLines } from "../status/record-view.ts"
import { useSession } from "../workspace/context.ts"
import { useInvalidFields, useRecordStatus } from "../workspace/hooks.ts"
import { type ColumnTextField, columnTextFields } from "../workspace/shapes.ts"
import type { ColumnEntry } from "./column-index.ts"

const labels: Readonly<Record<ColumnTextField, string>> = {
  name: "Name",
  type: "Type",
  comment: "Comment",
  expression: "Expression",
}

export interface ColumnRowProps {
  readonly entry: ColumnEntry
  readonly canEdit: boolean
  /** Throws with a reason when the place is taken. `field` is where the focus belongs afterwards. */
  readonly onMove: (id: string, role: ColumnRole, position: number, field: string) => void
  readonly onRemove: (id: string) => void
}

/** One column, every field of it edited in place. */
export const ColumnRow: React.NamedExoticComponent<ColumnRowProps> = memo(function ColumnRow(
  props: ColumnRowProps,
): ReactElement {
  const { entry, canEdit } = props
  const { id, column } = entry
  const { edits } = useSession()
  const status = useRecordStatus("columns", id)
  const invalid = useInvalidFields("columns", id)
  const [roleProblem, setRoleProblem] = useState<string>()
  const title = column.name ?? column.expression ?? id
  const said = targetLines(status)
    .filter((line) => line.reason !== undefined)
    .map((line) => `${line.target}/${line.binding}: ${line.reason ?? ""}`)
    .join("; ")

  return (
    <tr data-testid="column-row" data-id={id} data-state={status.state}>
      <td>
        <select
          className="field-input"
          aria-label={`Role of ${title}`}
          data-testid="column-role"
          data-field="role"
          value={column.role}
          disabled={!canEdit}
          onChange={(event) => {
            const role: ColumnRole = event.target.value === "partition" ? "partition" : "column"
            try {
              props.onMove(id, role, edits.nextPosition(column.dataset, role), "role")
            } catch (error) {
              setRoleProblem(messageOf(error))
            }
          }}
        >
          <option value="column">column</option>
          <option value="partition">partition</option>
        </select>
        {roleProblem === undefined ? null : (
          <p className="field-error" role="status">
            {roleProblem}
          </p>
        )}
      </td>
      <td>
        <EditableText
          label={`Position of ${title}`}
          hideLabel
          numeric
          value={String(column.position)}
          place={{ dataset: column.dataset, id, field: "position" }}
          testId="column-position"
          field="position"
          readOnly={!canEdit}
          invalid={invalid.get("position")}
          onWrite={(text) => props.onMove(id, column.role, text.trim() === "" ? Number.NaN : Number(text), "position")}
        />
      </td>
      {columnTextFields.map((field) => (
        <td key={field}>
          <EditableText
            label={`${labels[field]} of ${title}`}
            hideLabel
            value={column[field] ?? ""}
            place={{ dataset: column.dataset, id, field }}
            testId={`column-${field}`}
            field={field}
            readOnly={!canEdit}
            invalid={invalid.get(field)}
            onWrite={(text) => edits.setColumnText(id, field, text)}
          />
        </td>
      ))}
      <td>
        <StatusBadge state={status.state} small testId="column-status" detail={said === "" ? undefined : said} />
      </td>
      <td>
        <button
          type="button"
          className="button button-icon"
          aria-label={`Remove column ${title}`}
          title="Remove column"
          data-testid="column-remove"
          disabled={!canEdit}
          onClick={() => props.onRemove(id)}
        >
          <svg viewBox="0 0 16 16" aria-hidden="true" width="14" height="14">
            <path d="M3.500 3.500l9 9m0-9l-9 9" stroke="currentColor" strokeWidth="1.600" strokeLinecap="round" />
          </svg>
        </button>
      </td>
    </tr>
  )
})
