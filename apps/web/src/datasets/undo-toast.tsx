import type { ReactElement } from "react"
import type { DeletedDataset } from "../workspace/edits.ts"

export interface UndoToastProps {
  readonly deleted: DeletedDataset
  readonly onUndo: () => void
  readonly onDismiss: () => void
}

/** Stays until it is answered or something else is deleted: nobody has to be quick. */
export function UndoToast({ deleted, onUndo, onDismiss }: UndoToastProps): ReactElement {
  return (
    <section className="toast" aria-label="Deleted" data-testid="undo-toast">
      <span className="breaks">Deleted {deleted.id}</span>
      <button type="button" className="button button-on-dark" data-testid="undo-delete" onClick={onUndo}>
        Undo
      </button>
      <button type="button" className="button button-on-dark" data-testid="dismiss-undo" onClick={onDismiss}>
        Dismiss
      </button>
    </section>
  )
}
