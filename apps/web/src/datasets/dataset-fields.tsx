import type { ReactElement } from "react"
import { EditableText } from "../editing/editable-text.tsx"
import { useSession } from "../workspace/context.ts"
import { useInvalidFields } from "../workspace/hooks.ts"
import { type Dataset, type DatasetTextField, datasetTextFields } from "../workspace/shapes.ts"

const labels: Readonly<Record<DatasetTextField, string>> = {
  database: "Database",
  name: "Name",
  comment: "Comment",
  location: "Location",
  format: "Format",
  source: "Source",
}

const placeholders: Readonly<Partial<Record<DatasetTextField, string>>> = {
  comment: "What is in it, and for whom",
  location: "hdfs://…",
  format: "PARQUET, AVRO, …",
  source: "Where it is defined",
}

export interface DatasetFieldsProps {
  readonly id: string
  readonly dataset: Dataset
  readonly canEdit: boolean
}

/** The dataset's own fields. Each is written alone, so that others' edits of the rest are never touched. */
export function DatasetFields({ id, dataset, canEdit }: DatasetFieldsProps): ReactElement {
  const { edits } = useSession()
  const invalid = useInvalidFields("datasets", id)
  return (
    <section aria-label="Fields" className="details-section fields">
      {datasetTextFields.map((field) => (
        <EditableText
          key={field}
          label={labels[field]}
          value={textOf(dataset[field])}
          place={{ dataset: id, id, field }}
          testId={`field-${field}`}
          multiline={field === "comment"}
          readOnly={!canEdit}
          placeholder={placeholders[field] ?? ""}
          invalid={invalid.get(field)}
          onWrite={(text) => edits.setDatasetText(id, field, text)}
        />
      ))}
      <label className="check">
        <input
          type="checkbox"
          checked={dataset.external ?? false}
          disabled={!canEdit}
          data-testid="field-external"
          onChange={(event) => edits.setExternal(id, event.target.checked)}
        />
        <span>External: the files are not the metastore's own</span>
      </label>
    </section>
  )
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : ""
}
