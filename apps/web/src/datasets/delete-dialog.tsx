import type { ReactElement } from "react"
import { Modal } from "../shell/modal.tsx"
import { useColumnCount } from "../workspace/hooks.ts"

export interface DeleteDialogProps {
  readonly id: string
  readonly onClose: () => void
  readonly onConfirm: () => void
}

/** Deleting reaches every target, so it is asked for; Enter confirms, Escape does not. */
export function DeleteDialog({ id, onClose, onConfirm }: DeleteDialogProps): ReactElement {
  const columns = useColumnCount(id)
  const withColumns = columns === 0 ? "" : columns === 1 ? " and its column" : ` and its ${columns} columns`
  return (
    <Modal title="Delete dataset?" testId="delete-dialog" role="alertdialog" onClose={onClose}>
      <p>
        <strong className="breaks">{id}</strong>
        {withColumns} will be deleted for everybody, and in every target. You can undo it as long as this page is open.
      </p>
      <div className="modal-actions">
        <button type="button" className="button" onClick={onClose} data-testid="delete-cancel">
          Cancel
        </button>
        <button
          type="button"
          data-first-focus
          className="button button-danger"
          onClick={onConfirm}
          data-testid="delete-confirm"
        >
          Delete
        </button>
      </div>
    </Modal>
  )
}
