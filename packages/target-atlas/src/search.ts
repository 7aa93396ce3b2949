import { cut, type Ask, type AtlasClient } from "./client.ts"
import { listOf, objectOf, textOf } from "./entity.ts"

/** An entity as a search lists it. */
export interface Hit {
  readonly guid: string
  readonly typeName: string
  readonly status: string
  readonly qualifiedName: string
}

const hitsPerPage = 500
const namesPerSearch = 20

/** Every living entity of a type and of what derives from it, read page by page from the index. */
export async function listType(client: AtlasClient, typeName: string, ask: Ask): Promise<readonly Hit[]> {
  const hits = new Map<string, Hit>()
  for (let offset = 0; ; offset += hitsPerPage) {
    const page = await search(client, { typeName, excludeDeletedEntities: true, limit: hitsPerPage, offset }, ask)
    for (const hit of page) hits.set(hit.guid, hit)
    if (page.length < hitsPerPage) return [...hits.values()]
  }
}

/** Entities with these qualified names, deleted ones and several of one name among them. */
export async function findNamed(
  client: AtlasClient,
  typeName: string,
  names: readonly string[],
  ask: Ask,
): Promise<readonly Hit[]> {
  const found: Hit[] = []
  for (const part of cut(names, () => 1, namesPerSearch)) {
    const criterion = part.map((name) => ({ attributeName: "qualifiedName", operator: "eq", attributeValue: name }))
    const body = {
      typeName,
      excludeDeletedEntities: false,
      entityFilters: { condition: "OR", criterion },
      limit: hitsPerPage,
      offset: 0,
    }
    const wanted = new Set(part)
    found.push(...(await search(client, body, ask)).filter(({ qualifiedName }) => wanted.has(qualifiedName)))
  }
  return found
}

async function search(client: AtlasClient, body: object, ask: Ask): Promise<readonly Hit[]> {
  const answer = objectOf(await client.send("POST", "v2/search/basic", ask, body))
  return listOf(answer["entities"])
    .map(objectOf)
    .map((one) => ({
      guid: textOf(one["guid"]),
      typeName: textOf(one["typeName"]),
      status: textOf(one["status"]),
      qualifiedName: textOf(objectOf(one["attributes"])["qualifiedName"]),
    }))
}
