import {
  type KeyboardEvent,
  type ReactElement,
  type Ref,
  useEffect,
  useImperativeHandle,
  useRef,
  useState,
} from "react"
import { ColumnTable } from "../columns/column-table.tsx"
import type { ColumnEntry } from "../columns/column-index.ts"
import { Disputes } from "../status/disputes.tsx"
import { StatusBadge } from "../status/status-badge.tsx"
import { TargetTable } from "../status/target-table.tsx"
import { useSession } from "../workspace/context.ts"
import { useColumnsOf, useDataset, useRecordStatus } from "../workspace/hooks.ts"
import type { Dataset } from "../workspace/shapes.ts"
import { DatasetFields } from "./dataset-fields.tsx"
import { useLastKnown } from "./use-last-known.ts"

export interface DatasetDetailsHandle {
  focusFirstField(): void
}

export interface DatasetDetailsProps {
  readonly id: string
  readonly canEdit: boolean
  readonly handle: Ref<DatasetDetailsHandle>
  /** Takes the focus to the first field as soon as the pane is there. */
  readonly focusOnOpen: boolean
  readonly onClose: () => void
  /** Back to the list, the pane stays. */
  readonly onLeave: () => void
  readonly onDelete: (id: string) => void
}

interface Known {
  readonly dataset: Dataset
  readonly columns: readonly ColumnEntry[]
}

/** One dataset: what the targets said, its fields and its columns, edited in place. */
export function DatasetDetails(props: DatasetDetailsProps): ReactElement {
  const { id, canEdit } = props
  const { edits } = useSession()
  const dataset = useDataset(id)
  const columns = useColumnsOf(id)
  const status = useRecordStatus("datasets", id)
  // What somebody else deleted stays on the screen, drafts included, until the person decides.
  const known = useLastKnown<Known>(dataset === undefined ? undefined : { dataset, columns }, [dataset, columns])
  const pane = useRef<HTMLElement>(null)

  useImperativeHandle(props.handle, () => ({ focusFirstField: () => focusFirstField(pane.current) }))
  const [focusOnOpen] = useState(props.focusOnOpen)
  useEffect(() => {
    if (focusOnOpen) focusFirstField(pane.current)
  }, [focusOnOpen])

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || event.defaultPrevented) return
    event.preventDefault()
    props.onLeave()
  }

  return (
    <section
      ref={pane}
      className="details-pane"
      aria-labelledby="details-title"
      data-testid="dataset-details"
      data-id={id}
      onKeyDown={onKeyDown}
    >
      <header className="details-head">
        <div className="details-title">
          <h2 id="details-title" className="breaks">
            {id}
          </h2>
          {known === undefined ? null : <StatusBadge state={status.state} testId="details-status" />}
        </div>
        <div className="details-actions">
          <button
            type="button"
            className="button button-quiet-danger"
            data-testid="delete-dataset"
            disabled={!canEdit || dataset === undefined}
            onClick={() => props.onDelete(id)}
          >
            Delete
          </button>
          <button type="button" className="button" data-testid="close-details" onClick={props.onClose}>
            Close
          </button>
        </div>
      </header>
      {known === undefined ? (
        <p className="empty" data-testid="details-missing">
          There is no dataset of this name here. It may have been deleted, or not have arrived yet.
        </p>
      ) : (
        <>
          {dataset === undefined ? (
            <div className="notice" role="alert" data-testid="details-deleted">
              <p>Somebody deleted this dataset. What you see is its last state.</p>
              <button
                type="button"
                className="button"
                data-testid="restore-dataset"
                onClick={() =>
                  edits.restoreDataset({
                    id,
                    dataset: known.dataset,
                    columns: new Map(known.columns.map((entry) => [entry.id, entry.column])),
                  })
                }
              >
                Restore it
              </button>
            </div>
          ) : null}
          <div className="details-body">
            <DatasetFields id={id} dataset={known.dataset} canEdit={canEdit} />
            <section aria-labelledby="targets-title" className="details-section">
              <h3 id="targets-title">Targets</h3>
              <TargetTable status={status} />
            </section>
            <Disputes dataset={id} canEdit={canEdit} />
            <ColumnTable dataset={id} columns={known.columns} canEdit={canEdit && dataset !== undefined} />
          </div>
        </>
      )}
    </section>
  )
}

function focusFirstField(pane: HTMLElement | null): void {
  pane?.querySelector<HTMLElement>("[data-testid^=field-]")?.focus()
}
