import type { ReactElement } from "react"

export type View = "datasets" | "workflows"

const labels: Readonly<Record<View, string>> = { datasets: "Datasets", workflows: "Workflows" }

/** From one screen to the other. */
export function ViewTabs({
  view,
  onView,
}: {
  readonly view: View
  readonly onView: (view: View) => void
}): ReactElement {
  return (
    <nav className="view-tabs" aria-label="Views">
      {(Object.keys(labels) as View[]).map((each) => (
        <button
          key={each}
          type="button"
          className="view-tab"
          data-testid={`view-${each}`}
          aria-current={each === view ? "page" : undefined}
          onClick={() => onView(each)}
        >
          {labels[each]}
        </button>
      ))}
    </nav>
  )
}
