import type { RecordOf } from "@millrace/model"
import type { PlatformSchema } from "@millrace/workspace"

export type Dataset = RecordOf<PlatformSchema, "datasets">
export type Column = RecordOf<PlatformSchema, "columns">

/** The text fields of a dataset that the details pane edits, in its order. */
export const datasetTextFields = ["database", "name", "comment", "location", "format", "source"] as const
export type DatasetTextField = (typeof datasetTextFields)[number]

/** The text fields of a column that its row edits, in its order. */
export const columnTextFields = ["name", "type", "comment", "expression"] as const
export type ColumnTextField = (typeof columnTextFields)[number]
