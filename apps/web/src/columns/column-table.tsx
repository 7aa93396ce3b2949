import { type FormEvent, type KeyboardEvent, type ReactElement, useLayoutEffect, useRef, useState } from "react"
import { messageOf } from "@millrace/ports"
import type { ColumnRole } from "@millrace/workspace"
import { useKeptText } from "../editing/use-kept-text.ts"
import { announce } from "../status/announcer.ts"
import { useSession } from "../workspace/context.ts"
import type { ColumnEntry } from "./column-index.ts"
import { ColumnRow } from "./column-row.tsx"

export interface ColumnTableProps {
  readonly dataset: string
  readonly columns: readonly ColumnEntry[]
  readonly canEdit: boolean
}

interface WantedFocus {
  readonly id: string
  readonly field: string
}

/** The dataset's columns and partition keys, a row each; arrow up and down move between rows within a field. */
export function ColumnTable({ dataset, columns, canEdit }: ColumnTableProps): ReactElement {
  const { edits } = useSession()
  const body = useRef<HTMLTableSectionElement>(null)
  const wanted = useRef<WantedFocus>(undefined)

  // A moved column has a new key, hence a new row: the focus follows it as soon as it is rendered.
  useLayoutEffect(() => {
    if (wanted.current === undefined) return
    if (focusField(body.current, wanted.current.id, wanted.current.field)) wanted.current = undefined
  })

  const onMove = (id: string, role: ColumnRole, position: number, field: string): void => {
    const nextId = edits.moveColumn(id, role, position)
    if (nextId !== id && body.current?.contains(document.activeElement) === true) wanted.current = { id: nextId, field }
  }

  const onRemove = (id: string): void => {
    const index = columns.findIndex((entry) => entry.id === id)
    const neighbour = columns[index + 1] ?? columns[index - 1]
    edits.removeColumn(id)
    announce("Column removed.")
    if (neighbour !== undefined) focusField(body.current, neighbour.id, "name")
  }

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return
    if (!(event.target instanceof HTMLInputElement)) return
    const field = event.target.dataset["field"]
    const row = event.target.closest("tr")
    const next = event.key === "ArrowDown" ? row?.nextElementSibling : row?.previousElementSibling
    const input = next?.querySelector<HTMLElement>(`[data-field="${field ?? ""}"]`)
    if (input === null || input === undefined) return
    event.preventDefault()
    input.focus()
  }

  return (
    <section aria-labelledby="columns-title" className="details-section">
      <h3 id="columns-title">
        Columns <span className="quiet">{columns.length}</span>
      </h3>
      <div className="table-scroller">
        <table className="columns" data-testid="columns-table" data-count={columns.length}>
          <thead>
            <tr>
              <th scope="col" className="column-role">
                Role
              </th>
              <th scope="col" className="column-position">
                Pos.
              </th>
              <th scope="col">Name</th>
              <th scope="col">Type</th>
              <th scope="col">Comment</th>
              <th scope="col">Expression</th>
              <th scope="col">
                <span className="visually-hidden">Targets</span>
              </th>
              <th scope="col">
                <span className="visually-hidden">Remove</span>
              </th>
            </tr>
          </thead>
          <tbody ref={body} onKeyDown={onKeyDown}>
            {columns.map((entry) => (
              <ColumnRow key={entry.id} entry={entry} canEdit={canEdit} onMove={onMove} onRemove={onRemove} />
            ))}
          </tbody>
        </table>
      </div>
      {columns.length === 0 ? <p className="quiet">No columns yet.</p> : null}
      {canEdit ? <AddColumn dataset={dataset} /> : null}
    </section>
  )
}

function focusField(body: HTMLElement | null, id: string, field: string): boolean {
  const row = Array.from(body?.querySelectorAll<HTMLElement>("tr[data-id]") ?? []).find((tr) => tr.dataset["id"] === id)
  const input = row?.querySelector<HTMLElement>(`[data-field="${field}"]`)
  input?.focus()
  return input !== null && input !== undefined
}

function AddColumn({ dataset }: { readonly dataset: string }): ReactElement {
  const { edits } = useSession()
  const [role, setRole] = useState<ColumnRole>("column")
  const [name, setName] = useKeptText({ dataset, id: dataset, field: "new column, name" })
  const [type, setType] = useKeptText({ dataset, id: dataset, field: "new column, type" })
  const [problem, setProblem] = useState<string>()
  const nameInput = useRef<HTMLInputElement>(null)

  const onSubmit = (event: FormEvent): void => {
    event.preventDefault()
    if (name.trim() === "") {
      setProblem("Give the column a name.")
      nameInput.current?.focus()
      return
    }
    try {
      edits.addColumn(dataset, { role, name: name.trim(), type: type.trim() })
      announce(`Column ${name.trim()} added.`)
      setName("")
      setType("")
      setProblem(undefined)
      nameInput.current?.focus()
    } catch (error) {
      setProblem(messageOf(error))
    }
  }

  return (
    <form className="add-column" onSubmit={onSubmit} noValidate aria-label="Add a column" data-testid="add-column-form">
      <select
        className="field-input field-input-boxed"
        aria-label="Role of the new column"
        data-testid="add-column-role"
        value={role}
        onChange={(event) => setRole(event.target.value === "partition" ? "partition" : "column")}
      >
        <option value="column">column</option>
        <option value="partition">partition</option>
      </select>
      <input
        ref={nameInput}
        className="field-input field-input-boxed"
        aria-label="Name of the new column"
        placeholder="Name"
        autoComplete="off"
        spellCheck={false}
        aria-invalid={problem === undefined ? undefined : true}
        data-testid="add-column-name"
        value={name}
        onChange={(event) => {
          setName(event.target.value)
          setProblem(undefined)
        }}
      />
      <input
        className="field-input field-input-boxed"
        aria-label="Type of the new column"
        placeholder="Type"
        autoComplete="off"
        spellCheck={false}
        data-testid="add-column-type"
        value={type}
        onChange={(event) => setType(event.target.value)}
      />
      <button type="submit" className="button" data-testid="add-column">
        Add column
      </button>
      {problem === undefined ? null : (
        <p className="field-error" role="status">
          {problem}
        </p>
      )}
    </form>
  )
}
