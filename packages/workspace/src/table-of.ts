import type { Node } from "jsonc-parser"
import type { CatalogColumn, CatalogPartition, CatalogTable } from "./catalog-table.ts"
import { ObjectReader } from "./object-reader.ts"
import type { Problems } from "./problems.ts"

/** Reads one table; undefined where something of it is wrong, which `problems` then says. */
export function tableOf(node: Node, lineOf: (offset: number) => number, problems: Problems): CatalogTable | undefined {
  const before = problems.count
  const table = ObjectReader.open(node, "", lineOf, problems)
  if (table === undefined) return undefined
  const required = {
    qualifiedName: table.text("qualifiedName") ?? "",
    database: table.text("database") ?? "",
    name: table.text("name") ?? "",
    external: table.flag("external") ?? false,
  }
  const optional = {
    ...optionalText(table, "comment"),
    ...optionalText(table, "location"),
    ...optionalText(table, "format"),
    ...optionalText(table, "source"),
  }
  const columns = table.list("columns", columnOf)
  const partitionKeys = table.list("partitionKeys", partitionOf)
  table.refuseOthers()
  if (problems.count > before) return undefined
  return {
    ...required,
    ...optional,
    ...(columns === undefined ? {} : { columns }),
    ...(partitionKeys === undefined ? {} : { partitionKeys }),
  }
}

function columnOf(column: ObjectReader): CatalogColumn {
  const name = column.text("name") ?? ""
  const type = column.text("type") ?? ""
  const read = { name, type, ...optionalText(column, "comment") }
  column.refuseOthers()
  return read
}

function partitionOf(partition: ObjectReader): CatalogPartition {
  if (!partition.has("expression")) return columnOf(partition)
  const read = { expression: partition.text("expression") ?? "", ...optionalText(partition, "comment") }
  partition.refuseOthers("a partition has either a name and a type or an expression")
  return read
}

function optionalText<K extends string>(from: ObjectReader, key: K): Partial<Record<K, string | null>> {
  const text = from.optionalText(key)
  return (text === undefined ? {} : { [key]: text }) as Partial<Record<K, string | null>>
}
