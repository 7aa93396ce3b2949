import { type ReactElement, type ReactNode, useId, useLayoutEffect, useRef } from "react"

export interface ModalProps {
  readonly title: string
  readonly testId: string
  /** `alertdialog` for what needs an answer. */
  readonly role?: "dialog" | "alertdialog"
  readonly onClose: () => void
  readonly children: ReactNode
}

/** The browser's own modal dialog: it keeps focus inside, closes on Escape and gives focus back where it was. The control with `data-first-focus` has it first. */
export function Modal({ title, testId, role, onClose, children }: ModalProps): ReactElement {
  const ref = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useLayoutEffect(() => {
    const dialog = ref.current
    if (dialog === null) return undefined
    if (!dialog.open) dialog.showModal()
    // The dialog would focus its first control, and React's autoFocus comes before the dialog is shown.
    dialog.querySelector<HTMLElement>("[data-first-focus]")?.focus()
    return () => dialog.close()
  }, [])
  return (
    <dialog
      ref={ref}
      className="modal"
      role={role}
      aria-labelledby={titleId}
      data-testid={testId}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <h2 id={titleId}>{title}</h2>
      {children}
    </dialog>
  )
}
