import { memo, type ReactElement } from "react"
import { StatusBadge } from "../status/status-badge.tsx"
import { useColumnCount, useDataset, useWholeState } from "../workspace/hooks.ts"

export interface DatasetRowProps {
  readonly id: string
  /** Place among the filtered datasets, from 0. */
  readonly index: number
  readonly topPx: number
  /** The one row that Tab reaches. */
  readonly active: boolean
  readonly open: boolean
}

/** Rendered again only when its own dataset, its columns' count or their state changes. */
export const DatasetRow: React.NamedExoticComponent<DatasetRowProps> = memo(function DatasetRow(
  props: DatasetRowProps,
): ReactElement {
  const { id, index, active, open } = props
  const dataset = useDataset(id)
  const columns = useColumnCount(id)
  const state = useWholeState(id)
  return (
    <div
      role="row"
      className="row"
      aria-rowindex={index + 2}
      aria-selected={open}
      tabIndex={active ? 0 : -1}
      data-testid="dataset-row"
      data-id={id}
      data-index={index}
      data-state={state}
      style={{ transform: `translateY(${props.topPx}px)` }}
    >
      <div role="gridcell" className="cell cell-name">
        <span className="row-name">{id}</span>
        <span className="row-comment">{dataset?.comment ?? ""}</span>
      </div>
      <div role="gridcell" className="cell cell-database">
        {dataset?.database ?? ""}
      </div>
      <div role="gridcell" className="cell cell-count" aria-label={columns === 1 ? "1 column" : `${columns} columns`}>
        {columns}
      </div>
      <div role="gridcell" className="cell cell-status">
        <StatusBadge state={state} />
      </div>
    </div>
  )
})
