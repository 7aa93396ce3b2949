import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import type { SunkEvent } from "../event-chains.ts"

/**
 * Every event in a file_roll sink's folder, in the order in which the sink wrote them.
 *
 * A last line without a line feed was cut by a kill or is still being written, and is not an event yet.
 */
export async function readSinkFiles(folder: string): Promise<readonly SunkEvent[]> {
  const names = (await readdir(folder)).filter((name) => /^\d+-\d+$/.test(name)).sort(byAge)
  const events: SunkEvent[] = []
  for (const name of names) {
    const text = await readFile(join(folder, name), "utf8")
    for (const line of text.split("\n").slice(0, -1)) events.push(parseSinkLine(line))
  }
  return events
}

/** Reads `{name=value, name=value} body`. Values must not hold `, `, `=` or `}`: ours are percent-encoded. */
export function parseSinkLine(line: string): SunkEvent {
  const match = /^\{([^}]*)\} ?(.*)$/su.exec(line)
  if (match === null) throw new Error(`Not a line of the sink: ${line.slice(0, 200)}`)
  const headers: Record<string, string> = {}
  for (const pair of (match[1] ?? "").split(", ").filter((text) => text !== "")) {
    const at = pair.indexOf("=")
    headers[pair.slice(0, at)] = pair.slice(at + 1)
  }
  return { headers, body: match[2] ?? "" }
}

/** File names are the agent's start in milliseconds, a dash, and a number. */
function byAge(a: string, b: string): number {
  const [startA = 0, numberA = 0] = a.split("-").map(Number)
  const [startB = 0, numberB = 0] = b.split("-").map(Number)
  return startA - startB || numberA - numberB
}
