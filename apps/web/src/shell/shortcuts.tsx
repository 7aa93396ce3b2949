import type { ReactElement } from "react"
import { Modal } from "./modal.tsx"

interface Shortcut {
  readonly keys: readonly string[]
  readonly does: string
}

const shortcuts: readonly Shortcut[] = [
  { keys: ["/"], does: "Go to the filter" },
  { keys: ["↑", "↓"], does: "Move in the list; between column rows in the details" },
  { keys: ["Home", "End", "PgUp", "PgDn"], does: "Move far in the list" },
  { keys: ["Enter"], does: "Open the dataset; save the field" },
  { keys: ["Shift + Enter"], does: "New line in the comment" },
  { keys: ["Esc"], does: "Take back what was typed; then back to the list; then close" },
  { keys: ["n"], does: "New dataset" },
  { keys: ["Delete"], does: "Delete the dataset" },
  { keys: ["Ctrl + Z"], does: "Undo the last deletion" },
  { keys: ["?"], does: "These keys" },
]

export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }): ReactElement {
  return (
    <Modal title="Keyboard" testId="shortcuts-dialog" onClose={onClose}>
      <dl className="shortcuts">
        {shortcuts.map(({ keys, does }) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <div className="modal-actions">
        <button type="button" data-first-focus className="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Modal>
  )
}
