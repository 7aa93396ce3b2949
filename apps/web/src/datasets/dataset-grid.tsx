import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual"
import {
  type KeyboardEvent,
  type MouseEvent,
  type ReactElement,
  type Ref,
  useCallback,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from "react"
import { positionOf } from "../workspace/sorted-ids.ts"
import { DatasetRow } from "./dataset-row.tsx"
import { listAction } from "./list-keys.ts"

const rowHeightPx = 52
const headHeightPx = 26
const rowHeight = (): number => rowHeightPx
const overscanRows = 6

export interface DatasetGridHandle {
  /** Focuses the dataset's row, or the row that stands where it would; without rows, nothing. */
  focus(id?: string): void
}

export interface DatasetGridProps {
  readonly ids: readonly string[]
  readonly openId: string | undefined
  readonly handle: Ref<DatasetGridHandle>
  readonly onOpen: (id: string, how: "pointer" | "keyboard") => void
  readonly onDelete: (id: string) => void
  readonly onCreate: () => void
  readonly onFilter: () => void
  readonly onClose: () => void
}

/** The virtual list of datasets: one tab stop, arrow keys move the focus between rows. */
export function DatasetGrid(props: DatasetGridProps): ReactElement {
  const { ids, openId } = props
  const scroller = useRef<HTMLDivElement>(null)
  const [activeId, setActiveId] = useState<string | undefined>(openId)
  const wantsFocus = useRef(false)
  const hasFocus = useRef(false)
  // Where the active dataset was deleted or filtered out, its neighbour takes its place.
  const activeIndex = activeId === undefined ? 0 : Math.min(positionOf(ids, activeId), Math.max(0, ids.length - 1))

  // oxlint-disable-next-line react/incompatible-library -- concerns the React Compiler, which is not used here
  const virtualizer = useVirtualizer({
    count: ids.length,
    getScrollElement: useCallback(() => scroller.current, []),
    estimateSize: rowHeight,
    overscan: overscanRows,
    // The head sticks to the scroller's top: rows begin below it and must not be scrolled beneath it.
    scrollMargin: headHeightPx,
    scrollPaddingStart: headHeightPx,
    // A new function here measures every row anew: it must change with the list alone.
    getItemKey: useCallback((index: number) => ids[index] ?? index, [ids]),
    // The active row stays in the page wherever the list is scrolled to, or its focus would be lost.
    rangeExtractor: useCallback(
      (range: Parameters<typeof defaultRangeExtractor>[0]) => {
        const indexes = defaultRangeExtractor(range)
        const first = indexes[0] ?? 0
        const last = indexes.at(-1) ?? -1
        if (activeIndex < first) return [activeIndex, ...indexes]
        if (activeIndex > last && activeIndex < range.count) return [...indexes, activeIndex]
        return indexes
      },
      [activeIndex],
    ),
  })

  const focusIndex = (index: number): void => {
    const id = ids[index]
    if (id === undefined) return
    wantsFocus.current = true
    setActiveId(id)
    virtualizer.scrollToIndex(index, { align: "auto" })
    focusActive(scroller.current, index)
  }

  useImperativeHandle(props.handle, () => ({
    focus: (id) => focusIndex(id === undefined ? activeIndex : Math.min(positionOf(ids, id), ids.length - 1)),
  }))

  // After each render: the wanted row is in the page now, and a focused row that went away hands its focus on.
  useLayoutEffect(() => {
    const lostFocus = hasFocus.current && document.activeElement === document.body
    if (!wantsFocus.current && !lostFocus) return
    if (focusActive(scroller.current, activeIndex)) wantsFocus.current = false
  })

  const act = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const page = Math.max(1, Math.floor(((scroller.current?.clientHeight ?? 0) - headHeightPx) / rowHeightPx) - 1)
    const action = listAction(event.key, { index: activeIndex, count: ids.length, page })
    if (action === undefined) return
    event.preventDefault()
    const id = ids[activeIndex]
    switch (action.name) {
      case "move":
        focusIndex(action.to)
        return
      case "open":
        if (id !== undefined) props.onOpen(id, "keyboard")
        return
      case "delete":
        if (id !== undefined) props.onDelete(id)
        return
      case "create":
        props.onCreate()
        return
      case "filter":
        props.onFilter()
        return
      case "close":
        props.onClose()
    }
  }

  const onClick = (event: MouseEvent): void => {
    const row = (event.target as Element).closest("[data-id]")
    const id = row?.getAttribute("data-id")
    if (id === null || id === undefined) return
    setActiveId(id)
    props.onOpen(id, "pointer")
  }

  return (
    <div
      role="grid"
      className="grid"
      aria-label="Datasets"
      aria-rowcount={ids.length + 1}
      aria-colcount={4}
      data-testid="dataset-list"
      data-count={ids.length}
      onKeyDown={act}
      onClick={onClick}
      onFocus={() => void (hasFocus.current = true)}
      onBlur={() => void (hasFocus.current = false)}
    >
      <div role="presentation" className="grid-scroller" ref={scroller} data-testid="dataset-scroller">
        <div role="rowgroup" className="grid-head">
          <div role="row" className="row-head" aria-rowindex={1}>
            <div role="columnheader" className="cell cell-name">
              Dataset
            </div>
            <div role="columnheader" className="cell cell-database">
              Database
            </div>
            <div role="columnheader" className="cell cell-count">
              Columns
            </div>
            <div role="columnheader" className="cell cell-status">
              Targets
            </div>
          </div>
        </div>
        <div role="rowgroup" className="grid-body" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map((item) => {
            const id = ids[item.index]
            return id === undefined ? null : (
              <DatasetRow
                key={id}
                id={id}
                index={item.index}
                topPx={item.start - headHeightPx}
                active={item.index === activeIndex}
                open={id === openId}
              />
            )
          })}
        </div>
      </div>
    </div>
  )
}

function focusActive(scroller: HTMLElement | null, index: number): boolean {
  const row = scroller?.querySelector<HTMLElement>(`[data-index="${index}"]`)
  if (row === null || row === undefined) return false
  row.focus({ preventScroll: true })
  return true
}
