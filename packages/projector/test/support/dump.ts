import { open } from "lmdb"

/** Every row of a view, table by table, as text: two views with one dump are the same. */
export async function dumpView(path: string): Promise<string> {
  const root = open({ path, noSubdir: false, maxDbs: 64, readOnly: true })
  const names = [...root.getKeys()].map(String).sort()
  const tables: string[] = []
  for (const name of names) {
    const rows = [...root.openDB({ name }).getRange()].map(({ key, value }) => JSON.stringify([key, value]))
    tables.push(`${name}\n${rows.join("\n")}`)
  }
  await root.close()
  return tables.join("\n\n")
}
