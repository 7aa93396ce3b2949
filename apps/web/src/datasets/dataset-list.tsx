import { type KeyboardEvent, type ReactElement, type Ref, useImperativeHandle, useRef, useState } from "react"
import { useSession } from "../workspace/context.ts"
import { useDatasetCount, useFilteredIds } from "../workspace/hooks.ts"
import { DatasetGrid, type DatasetGridHandle } from "./dataset-grid.tsx"
import { parseQuery } from "./filter.ts"

export interface DatasetListHandle {
  focusRow(id?: string): void
  focusFilter(): void
}

export interface DatasetListProps {
  readonly openId: string | undefined
  readonly canEdit: boolean
  readonly handle: Ref<DatasetListHandle>
  readonly onOpen: (id: string, how: "pointer" | "keyboard") => void
  readonly onDelete: (id: string) => void
  readonly onCreate: () => void
  readonly onClose: () => void
}

const numbers = new Intl.NumberFormat("en")

/** Filter box, count and the list itself. */
export function DatasetList(props: DatasetListProps): ReactElement {
  const { catalog } = useSession()
  const ids = useFilteredIds()
  const count = useDatasetCount()
  const [text, setText] = useState("")
  const grid = useRef<DatasetGridHandle>(null)
  const filter = useRef<HTMLInputElement>(null)

  const focusFilter = (): void => {
    filter.current?.focus()
    filter.current?.select()
  }
  useImperativeHandle(props.handle, () => ({
    focusRow: (id) => (ids.length === 0 ? focusFilter() : grid.current?.focus(id)),
    focusFilter,
  }))

  const setFilter = (next: string): void => {
    setText(next)
    catalog.setQuery(parseQuery(next))
  }

  const onFilterKey = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault()
      grid.current?.focus()
    } else if (event.key === "Escape" && text !== "") {
      event.preventDefault()
      event.stopPropagation()
      setFilter("")
    }
  }

  return (
    <section className="list-pane" aria-label="Dataset list">
      <div className="toolbar">
        <input
          ref={filter}
          type="search"
          className="filter"
          data-testid="filter"
          aria-label="Filter datasets"
          aria-describedby="filter-help"
          placeholder="Filter by any text, or column:name"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => setFilter(event.target.value)}
          onKeyDown={onFilterKey}
        />
        <span id="filter-help" className="visually-hidden">
          Arrow down goes to the list, Escape clears.
        </span>
        <button
          type="button"
          className="button button-primary"
          data-testid="new-dataset"
          disabled={!props.canEdit}
          onClick={props.onCreate}
        >
          New dataset
        </button>
      </div>
      <DatasetGrid
        handle={grid}
        ids={ids}
        openId={props.openId}
        onOpen={props.onOpen}
        onDelete={props.onDelete}
        onCreate={props.onCreate}
        onFilter={focusFilter}
        onClose={props.onClose}
      />
      {ids.length === 0 ? <EmptyList filtered={count > 0} /> : null}
      <p className="list-foot" role="status" data-testid="dataset-count">
        {text.trim() === ""
          ? `${numbers.format(count)} ${count === 1 ? "dataset" : "datasets"}`
          : `${numbers.format(ids.length)} of ${numbers.format(count)} datasets`}
      </p>
    </section>
  )
}

function EmptyList({ filtered }: { readonly filtered: boolean }): ReactElement {
  return (
    <div className="empty" data-testid="list-empty">
      {filtered ? (
        <p>Nothing matches this filter. Escape clears it.</p>
      ) : (
        <p>
          No datasets yet. Make one with “New dataset”, or bring a catalogue in with <code>millrace import</code>.
        </p>
      )}
    </div>
  )
}
