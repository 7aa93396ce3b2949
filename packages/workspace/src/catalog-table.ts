/** A column as the catalogue file has it. */
export interface CatalogColumn {
  readonly name: string
  readonly type: string
  readonly comment?: string | null
}

/** A partition key that is computed and has no name of its own. */
export interface CatalogExpression {
  readonly expression: string
  readonly comment?: string | null
}

export type CatalogPartition = CatalogColumn | CatalogExpression

/**
 * One table of a catalogue file.
 *
 * What the file leaves out it says nothing about: an import leaves that as it is, the lists included.
 */
export interface CatalogTable {
  readonly qualifiedName: string
  readonly database: string
  readonly name: string
  readonly external: boolean
  readonly comment?: string | null
  readonly location?: string | null
  readonly format?: string | null
  readonly source?: string | null
  readonly columns?: readonly CatalogColumn[]
  readonly partitionKeys?: readonly CatalogPartition[]
}

/** The texts that a table may leave out. */
export const optionalTexts = ["comment", "location", "format", "source"] as const
