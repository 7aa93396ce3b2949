import type { Ask, AtlasClient } from "./client.ts"
import { listOf, objectOf, textOf } from "./entity.ts"

/** Every term of the server: its name, `term@glossary`, by guid. */
export type TermNames = ReadonlyMap<string, string>

/** The terms that the server has. */
export async function readTerms(client: AtlasClient, ask: Ask): Promise<TermNames> {
  return (await readGlossaries(client, ask)).terms
}

/**
 * The guids of these terms, each `term@glossary`, by name; glossaries and terms that are missing are made.
 */
export async function ensureTerms(
  client: AtlasClient,
  names: readonly string[],
  ask: Ask,
): Promise<ReadonlyMap<string, string>> {
  if (names.length === 0) return new Map()
  const { glossaries, terms } = await readGlossaries(client, ask)
  const guids = new Map([...terms].map(([guid, name]) => [name, guid]))
  const anchors = new Map(glossaries)
  for (const name of names) {
    if (guids.has(name)) continue
    const { term, glossary } = partsOf(name)
    let anchor = anchors.get(glossary)
    if (anchor === undefined) {
      const made = objectOf(await client.send("POST", "v2/glossary", ask, { name: glossary }))
      anchor = textOf(made["guid"])
      anchors.set(glossary, anchor)
    }
    const body = { name: term, anchor: { glossaryGuid: anchor } }
    const made = objectOf(await client.send("POST", "v2/glossary/term", ask, body))
    guids.set(name, textOf(made["guid"]))
  }
  return guids
}

async function readGlossaries(
  client: AtlasClient,
  ask: Ask,
): Promise<{ readonly glossaries: ReadonlyMap<string, string>; readonly terms: TermNames }> {
  const body = listOf(await client.send("GET", "v2/glossary", ask, undefined, { limit: -1 })).map(objectOf)
  const terms = new Map<string, string>()
  for (const glossary of body) {
    for (const term of listOf(glossary["terms"]).map(objectOf)) {
      terms.set(textOf(term["termGuid"]), `${textOf(term["displayText"])}@${textOf(glossary["name"])}`)
    }
  }
  return { glossaries: new Map(body.map((one) => [textOf(one["name"]), textOf(one["guid"])])), terms }
}

/** Whether a name is `term@glossary`. */
export function isTermName(name: string): boolean {
  const at = name.lastIndexOf("@")
  return at > 0 && at < name.length - 1
}

function partsOf(name: string): { readonly term: string; readonly glossary: string } {
  const at = name.lastIndexOf("@")
  return { term: name.slice(0, at), glossary: name.slice(at + 1) }
}
