import { messageOf } from "@millrace/ports"
import { type FormEvent, type ReactElement, useState } from "react"
import { useKeptText } from "../editing/use-kept-text.ts"
import { Modal } from "../shell/modal.tsx"
import { useSession } from "../workspace/context.ts"
import { splitQualifiedName } from "./qualified-name.ts"

export interface CreateDialogProps {
  readonly onClose: () => void
  readonly onCreated: (id: string) => void
}

/** Asks for the qualified name alone; the rest is edited in place afterwards. */
export function CreateDialog({ onClose, onCreated }: CreateDialogProps): ReactElement {
  const { edits } = useSession()
  const [text, setText] = useKeptText({ dataset: "", id: "", field: "new dataset" })
  const [problem, setProblem] = useState<string>()
  const id = text.trim()
  const parts = splitQualifiedName(id)

  const onSubmit = (event: FormEvent): void => {
    event.preventDefault()
    if (parts === undefined) {
      setProblem("Write it as database.name, for instance sales.orders.")
      return
    }
    try {
      edits.createDataset(id, { ...parts, external: false })
      setText("")
      onCreated(id)
    } catch (error) {
      setProblem(messageOf(error))
    }
  }

  const onCancel = (): void => {
    setText("")
    onClose()
  }

  return (
    <Modal title="New dataset" testId="create-dialog" onClose={onCancel}>
      <form onSubmit={onSubmit} noValidate>
        <div className="field">
          <label htmlFor="qualified-name" className="field-label">
            Qualified name
          </label>
          <input
            id="qualified-name"
            className="field-input field-input-boxed"
            data-first-focus
            required
            autoComplete="off"
            spellCheck={false}
            placeholder="database.name"
            data-testid="create-qualified-name"
            aria-invalid={problem === undefined ? undefined : true}
            aria-describedby="create-note"
            value={text}
            onChange={(event) => {
              setText(event.target.value)
              setProblem(undefined)
            }}
          />
          <p id="create-note" role="status" className={problem === undefined ? "field-hint" : "field-error"}>
            {problem ??
              (parts === undefined
                ? "The key of the dataset; it cannot be changed later."
                : `Database “${parts.database}”, name “${parts.name}”.`)}
          </p>
        </div>
        <div className="modal-actions">
          <button type="button" className="button" onClick={onCancel} data-testid="create-cancel">
            Cancel
          </button>
          <button type="submit" className="button button-primary" data-testid="create-submit">
            Create dataset
          </button>
        </div>
      </form>
    </Modal>
  )
}
