export interface QualifiedName {
  readonly database: string
  readonly name: string
}

/**
 * `database.name` or `database.name@cluster`, split at the first dot; undefined where a part is missing or a blank is in it.
 */
export function splitQualifiedName(text: string): QualifiedName | undefined {
  if (/\s/u.test(text)) return undefined
  const plain = text.split("@")[0] ?? ""
  const dot = plain.indexOf(".")
  const database = plain.slice(0, Math.max(0, dot))
  const name = plain.slice(dot + 1)
  return database === "" || name === "" ? undefined : { database, name }
}
