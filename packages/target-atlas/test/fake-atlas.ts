import { type ScriptedAnswer, type ScriptedRequest, type ScriptedServer, startScriptedServer } from "@millrace/testkit"

export interface FakeEntity {
  typeName: string
  guid: string
  status: string
  attributes: Record<string, unknown>
  customAttributes: Record<string, string>
  labels: string[]
  classifications: { typeName: string; attributes?: Record<string, unknown>; entityGuid?: string }[]
  businessAttributes: Record<string, Record<string, unknown>>
  relationshipAttributes: Record<string, unknown>
  updatedBy: string
  updateTime: number
}

type Named = {
  readonly name: string
  superTypes?: readonly string[]
  attributeDefs: readonly { name: string; typeName: string }[]
}

export interface FakeAtlas {
  readonly server: ScriptedServer
  readonly entities: FakeEntity[]
  readonly types: Map<string, Named>
  /** What the server makes of a comment that it is given. */
  normalise: (text: string) => string
  /** Attributes that it adds to each new entity. */
  defaults: Readonly<Record<string, unknown>>
  /** What the audit says of the last change of each entity, by guid. */
  readonly audit: Map<string, string>
  /** Puts an entity there as somebody else would. */
  seed(entity: Partial<FakeEntity> & { readonly typeName: string }): FakeEntity
}

const attribute = (name: string, typeName = "string"): { name: string; typeName: string } => ({ name, typeName })

/** As much of Atlas's REST API as its answers to the target: atomic bulks, soft deletes, names unique by type. */
export async function startFakeAtlas(): Promise<FakeAtlas> {
  const entities: FakeEntity[] = []
  const classifications = new Map<string, Named>()
  const business = new Map<string, Named>()
  const glossaries: { guid: string; name: string; terms: { termGuid: string; displayText: string }[] }[] = []
  const types = new Map<string, Named>(
    [
      {
        name: "Asset",
        attributeDefs: ["qualifiedName", "name", "owner", "description"].map((name) => attribute(name)),
      },
      { name: "DataSet", superTypes: ["Asset"], attributeDefs: [] },
      { name: "Process", superTypes: ["Asset"], attributeDefs: [] },
      { name: "hive_db", superTypes: ["Asset"], attributeDefs: [attribute("clusterName")] },
      { name: "hive_table", superTypes: ["DataSet"], attributeDefs: [attribute("comment"), attribute("tableType")] },
      {
        name: "hive_column",
        superTypes: ["DataSet"],
        attributeDefs: [attribute("type"), attribute("comment"), attribute("position", "int")],
      },
    ].map((type) => [type.name, type]),
  )
  const relations: Readonly<Record<string, readonly string[]>> = {
    hive_table: ["db"],
    hive_column: ["table"],
    Process: ["inputs", "outputs"],
  }
  const audit = new Map<string, string>()
  let count = 0
  let timeMs = 1_800_000_000_000
  const nextGuid = (): string => `guid-${(count += 1)}`
  const derives = (name: string, from: string): boolean =>
    name === from || (types.get(name)?.superTypes ?? []).some((parent) => derives(parent, from))
  const attributesOf = (name: string): readonly { name: string; typeName: string }[] => {
    const type = types.get(name)
    return type === undefined ? [] : [...type.attributeDefs, ...(type.superTypes ?? []).flatMap(attributesOf)]
  }
  const living = (typeName: string, name: unknown): FakeEntity | undefined =>
    entities.find(
      (one) => one.status === "ACTIVE" && derives(one.typeName, typeName) && one.attributes["qualifiedName"] === name,
    )
  const error = (status: number, errorCode: string, errorMessage: string): ScriptedAnswer => ({
    status,
    body: JSON.stringify({ errorCode, errorMessage }),
  })
  const json = (body: unknown): ScriptedAnswer => ({ status: 200, body: JSON.stringify(body) })

  function seed(entity: Partial<FakeEntity> & { readonly typeName: string }): FakeEntity {
    const made: FakeEntity = {
      guid: nextGuid(),
      status: "ACTIVE",
      attributes: {},
      customAttributes: {},
      labels: [],
      classifications: [],
      businessAttributes: {},
      relationshipAttributes: {},
      updatedBy: "admin",
      updateTime: (timeMs += 1),
      ...entity,
    }
    entities.push(made)
    return made
  }

  function invalid(entity: FakeEntity): ScriptedAnswer | undefined {
    if (!types.has(entity.typeName)) {
      return error(400, "ATLAS-400-00-014", `Type ENTITY with name ${entity.typeName} does not exist`)
    }
    for (const { name, typeName } of attributesOf(entity.typeName)) {
      const value = entity.attributes[name]
      if (typeName === "int" && value !== null && value !== undefined && !(Number(value) < 2 ** 31)) {
        const said = `Invalid instance creation/updation parameters passed : ${entity.typeName}.${name}=${JSON.stringify(value)}: invalid value for type int`
        return error(404, "ATLAS-404-00-007", said)
      }
    }
    const label = (entity.labels ?? []).find((one) => !/^[\w-]*$/.test(one))
    return label === undefined ? undefined : error(400, "ATLAS-400-00-090", `Invalid label: ${label}`)
  }

  function bulk(sent: readonly FakeEntity[]): ScriptedAnswer {
    const guidAssignments: Record<string, string> = {}
    for (const entity of sent) {
      const problem = invalid(entity)
      if (problem !== undefined) return problem
    }
    for (const entity of sent) {
      const there = living(entity.typeName, entity.attributes["qualifiedName"])
      guidAssignments[entity.guid] = there?.guid ?? nextGuid()
    }
    const real = (ref: { guid: string; typeName: string }): object => {
      const guid = guidAssignments[ref.guid] ?? ref.guid
      const name = [...entities, ...sent].find((one) => (guidAssignments[one.guid] ?? one.guid) === guid)
      return {
        ...ref,
        guid,
        displayText: name?.attributes["name"],
        uniqueAttributes: { qualifiedName: name?.attributes["qualifiedName"] },
      }
    }
    const resolved = (value: unknown): unknown =>
      Array.isArray(value) ? value.map((one) => real(one as never)) : real(value as never)
    for (const entity of sent) {
      audit.set(guidAssignments[entity.guid] ?? "", JSON.stringify(entity))
      const known = new Set(attributesOf(entity.typeName).map(({ name }) => name))
      const text = (value: unknown): unknown => (typeof value === "string" ? fake.normalise(value) : value)
      const attributes = Object.fromEntries(
        Object.entries(entity.attributes)
          .filter(([name]) => known.has(name))
          .map(([name, value]) => [name, name === "comment" ? text(value) : value]),
      )
      const related = Object.fromEntries(
        Object.entries(entity.relationshipAttributes ?? {}).map(([name, value]) => [name, resolved(value)]),
      )
      const shown = Object.fromEntries(Object.entries(related).filter(([name]) => ["inputs", "outputs"].includes(name)))
      const there = living(entity.typeName, entity.attributes["qualifiedName"])
      if (there === undefined) {
        const guid = guidAssignments[entity.guid] ?? ""
        seed({
          ...entity,
          guid,
          attributes: { ...fake.defaults, ...attributes, ...shown },
          relationshipAttributes: related,
        })
        continue
      }
      Object.assign(there.attributes, attributes, shown)
      Object.assign(there.relationshipAttributes, related)
      if (entity.customAttributes !== undefined) there.customAttributes = entity.customAttributes
      there.updateTime = timeMs += 1
    }
    return json({ guidAssignments })
  }

  function withDefs(body: Record<string, Named[]>, isNew: boolean): ScriptedAnswer {
    const homes = { entityDefs: types, classificationDefs: classifications, businessMetadataDefs: business }
    for (const [category, home] of Object.entries(homes)) {
      for (const def of body[category] ?? []) {
        if (isNew && home.has(def.name)) return error(409, "ATLAS-409-00-001", `Given type ${def.name} already exists`)
        home.set(def.name, def)
      }
    }
    return json(body)
  }

  function listDefs(): ScriptedAnswer {
    const entityDefs = [...types.values()].map((type) => ({
      ...type,
      relationshipAttributeDefs: (relations[type.name] ?? []).map((name) => attribute(name)),
    }))
    return json({
      entityDefs,
      classificationDefs: [...classifications.values()],
      businessMetadataDefs: [...business.values()],
    })
  }

  function search(body: {
    typeName: string
    excludeDeletedEntities: boolean
    limit: number
    offset: number
    entityFilters?: { criterion: { attributeValue: string }[] }
  }): ScriptedAnswer {
    const names = body.entityFilters?.criterion.map(({ attributeValue }) => attributeValue)
    const hits = entities.filter(
      (one) =>
        derives(one.typeName, body.typeName) &&
        (one.status === "ACTIVE" || !body.excludeDeletedEntities) &&
        (names === undefined || names.includes(String(one.attributes["qualifiedName"]))),
    )
    return json({ entities: hits.slice(body.offset, body.offset + body.limit) })
  }

  function glossary(path: string, body: { name: string; anchor?: { glossaryGuid: string } }): ScriptedAnswer {
    const guid = nextGuid()
    if (path === "v2/glossary") glossaries.push({ guid, name: body.name, terms: [] })
    else {
      glossaries
        .find((one) => one.guid === body.anchor?.glossaryGuid)
        ?.terms.push({ termGuid: guid, displayText: body.name })
      seed({ typeName: "AtlasGlossaryTerm", guid, attributes: { name: body.name } })
    }
    return json({ guid })
  }

  function extras(method: string, path: string, body: unknown): ScriptedAnswer {
    const [, , , , guid = "", what = "", name = ""] = `x/${path}`.split("/")
    const entity = entities.find((one) => one.guid === guid)
    if (entity === undefined) return error(404, "ATLAS-404-00-005", `Given instance guid ${guid} is invalid/not found`)
    if (what === "labels") entity.labels = body as string[]
    if (what === "classification")
      entity.classifications = entity.classifications.filter((one) => one.typeName !== name)
    if (what === "classifications") {
      for (const one of body as FakeEntity["classifications"]) {
        entity.classifications = [...entity.classifications.filter(({ typeName }) => typeName !== one.typeName), one]
      }
    }
    if (what === "businessmetadata") {
      const held = { ...entity.businessAttributes[name] }
      for (const [key, value] of Object.entries(body as object)) {
        if (method === "DELETE") delete held[key]
        else held[key] = value
      }
      entity.businessAttributes[name] = held
    }
    return { status: 204 }
  }

  const server = await startScriptedServer((request: ScriptedRequest) => {
    const url = new URL(request.url, "http://fake")
    const path = decodeURIComponent(url.pathname).replace(/^\/api\/atlas\//, "")
    const body: unknown = request.body.length === 0 ? undefined : JSON.parse(request.body.toString("utf8"))
    const guids = url.searchParams.getAll("guid")
    const at = `${request.method} ${path}`
    if (at === "GET admin/session") return json({ userName: "admin" })
    if (at === "GET v2/types/typedefs") return listDefs()
    if (path === "v2/types/typedefs") return withDefs(body as Record<string, Named[]>, request.method === "POST")
    if (at === "POST v2/entity/bulk") return bulk((body as { entities: FakeEntity[] }).entities)
    if (at === "GET v2/entity/bulk") return json({ entities: entities.filter((one) => guids.includes(one.guid)) })
    if (at === "DELETE v2/entity/bulk") {
      for (const one of entities) if (guids.includes(one.guid)) one.status = "DELETED"
      return json({})
    }
    if (at.startsWith("GET v2/entity/bulk/uniqueAttribute/type/")) {
      const typeName = path.split("/").at(-1) ?? ""
      const names = [...url.searchParams].filter(([key]) => key.startsWith("attr_")).map(([, name]) => name)
      return json({ entities: names.flatMap((name) => living(typeName, name) ?? []) })
    }
    if (at === "POST v2/search/basic") return search(body as never)
    if (at === "GET v2/glossary") return json(glossaries)
    if (at.startsWith("POST v2/glossary")) return glossary(path, body as never)
    if (path.endsWith("/audit")) return json([{ details: `Updated: ${audit.get(path.split("/")[2] ?? "") ?? ""}` }])
    if (path.startsWith("v2/entity/guid/")) return extras(request.method, path, body)
    return { status: 404 }
  })
  const fake: FakeAtlas = { server, entities, types, audit, seed, normalise: (text) => text, defaults: {} }
  return fake
}
