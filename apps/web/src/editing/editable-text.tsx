import { type KeyboardEvent, type ReactElement, useId } from "react"
import type { DraftPlace } from "./drafts.ts"
import { useFieldEdit } from "./use-field-edit.ts"

export interface EditableTextProps {
  readonly label: string
  /** In tables the column's head stands for the label: it is then there for assistive technology alone. */
  readonly hideLabel?: boolean
  readonly value: string
  /** Under which name a text that is not committed is kept. */
  readonly place: DraftPlace
  readonly testId: string
  /** Names the field for movement by arrow keys between rows. */
  readonly field?: string
  readonly multiline?: boolean
  readonly numeric?: boolean
  readonly readOnly?: boolean
  readonly placeholder?: string
  /** Why the stored value is invalid, as the model says. */
  readonly invalid?: string | undefined
  /** Stores the text or throws with a reason. */
  readonly onWrite: (text: string) => void
}

/** A text edited in place: Enter or leaving the box writes, Escape takes the stored value back. */
export function EditableText(props: EditableTextProps): ReactElement {
  const edit = useFieldEdit(props.value, props.place, props.onWrite)
  const id = useId()
  const problem = edit.refusal ?? (edit.isDirty ? undefined : props.invalid)
  const hint = edit.elsewhere
  const noteId = `${id}-note`

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return
    if (event.key === "Enter" && !(props.multiline === true && event.shiftKey)) {
      event.preventDefault()
      edit.commit()
    } else if (event.key === "Escape" && edit.isDirty) {
      // The first Escape takes back what was typed; only the next one leaves the pane.
      event.stopPropagation()
      event.preventDefault()
      edit.revert()
    }
  }

  const shared = {
    id,
    className: "field-input",
    value: edit.text,
    readOnly: props.readOnly ?? false,
    placeholder: props.placeholder,
    // Narrow cells cut long texts off.
    title: props.hideLabel === true && edit.text !== "" ? edit.text : undefined,
    spellCheck: false,
    autoComplete: "off",
    "data-testid": props.testId,
    "data-field": props.field,
    "data-dirty": edit.isDirty ? "" : undefined,
    "aria-invalid": problem === undefined ? undefined : true,
    "aria-describedby": problem === undefined && hint === undefined ? undefined : noteId,
    onChange: (event: { readonly target: { readonly value: string } }) => edit.type(event.target.value),
    onBlur: () => edit.commit(),
    onKeyDown,
  }

  return (
    <div className="field">
      <label htmlFor={id} className={props.hideLabel === true ? "visually-hidden" : "field-label"}>
        {props.label}
      </label>
      {props.multiline === true ? (
        <textarea {...shared} rows={1} />
      ) : (
        <input {...shared} type="text" inputMode={props.numeric === true ? "numeric" : undefined} />
      )}
      {problem === undefined && hint === undefined ? null : (
        <p id={noteId} className={problem === undefined ? "field-hint" : "field-error"} role="status">
          {problem ?? `Changed meanwhile to ${quoted(hint ?? "")}. Enter keeps yours, Escape takes theirs.`}
        </p>
      )}
    </div>
  )
}

const maxQuotedChars = 80

function quoted(text: string): string {
  if (text === "") return "nothing"
  return text.length > maxQuotedChars ? `“${text.slice(0, maxQuotedChars)}…”` : `“${text}”`
}
