import { type AttributeType, type Json, typeNameOf } from "./attribute-value.ts"
import { refusal } from "./classify.ts"
import type { Ask, AtlasClient } from "./client.ts"
import { listOf, objectOf, textOf } from "./entity.ts"
import { type AtlasMapping, databaseType, idAttribute, recordAttribute } from "./mapping.ts"
import { Refused } from "./refused.ts"

/** A type definition as Atlas gives and takes it. */
type TypeDef = Readonly<Record<string, Json>>

/** What is known of the server's types. */
export interface KnownTypes {
  /** Names of the relationship attributes that entities of a type have. */
  relationsOf(typeName: string): ReadonlySet<string>
  readonly classifications: ReadonlySet<string>
  /** Attributes of each kind of business metadata. */
  readonly businessMetadata: ReadonlyMap<string, ReadonlySet<string>>
}

interface Listing {
  readonly entityDefs: ReadonlyMap<string, TypeDef>
  readonly classificationDefs: ReadonlyMap<string, TypeDef>
  readonly businessMetadataDefs: ReadonlyMap<string, TypeDef>
}

const categories = ["entityDefs", "classificationDefs", "businessMetadataDefs"] as const

/**
 * Makes the types of a mapping, and gives those that are there the attributes that they lack. Repeating it changes nothing.
 *
 * Atlas takes new optional attributes alone: an attribute that the mapping no longer has stays, one of another type is
 * refused, in Atlas's own words.
 */
export async function ensureTypes(client: AtlasClient, mapping: AtlasMapping, ask: Ask): Promise<KnownTypes> {
  let listing = await list(client, ask)
  const wanted = wantedTypes(mapping, listing)
  const missing = pick(wanted, (category, def) => !listing[category].has(nameOf(def)))
  const lacking = pick(wanted, (category, def) => {
    const there = listing[category].get(nameOf(def))
    return (
      there !== undefined &&
      attributesOf(def).some((one) => !attributesOf(there).some((old) => nameOf(old) === nameOf(one)))
    )
  })
  if (size(missing) > 0) await client.send("POST", "v2/types/typedefs", ask, missing)
  if (size(lacking) > 0) await client.send("PUT", "v2/types/typedefs", ask, united(lacking, listing))
  if (size(missing) + size(lacking) > 0) listing = await list(client, ask)
  return known(listing)
}

/** The server's types as they are now; makes none. */
export async function readTypes(client: AtlasClient, ask: Ask): Promise<KnownTypes> {
  return known(await list(client, ask))
}

type Wanted = Readonly<Record<(typeof categories)[number], readonly TypeDef[]>>

function wantedTypes(mapping: AtlasMapping, listing: Listing): Wanted {
  const own = [...Object.values(mapping.collections), mapping.otherwise]
  const entityDefs = [...own, { ...databaseType, fields: [] }].map(({ typeName, superType, fields }) => {
    if (!listing.entityDefs.has(superType)) {
      throw new Refused(
        refusal(
          "retry",
          `Atlas has no type ${superType}, which ${typeName} derives from: load that model into Atlas, or set superType`,
        ),
      )
    }
    const inherited = inheritedBy(superType, listing.entityDefs, "attributeDefs")
    const attributes = fields.filter(({ attribute }) => !inherited.has(attribute))
    const attributeDefs = [
      ...attributes.map(({ attribute, type }) => attributeDef(attribute, type)),
      ...(typeName === databaseType.typeName
        ? []
        : [recordAttribute, idAttribute].map((name) => attributeDef(name, "string"))),
    ]
    return {
      category: "ENTITY",
      name: typeName,
      description: "A record of Millrace",
      typeVersion: "1.0",
      superTypes: [superType],
      attributeDefs,
    }
  })
  const classificationDefs = Object.entries(mapping.classifications).map(([name, types]) => ({
    category: "CLASSIFICATION",
    name,
    description: name,
    typeVersion: "1.0",
    superTypes: [],
    attributeDefs: Object.entries(types).map(([attribute, type]) => attributeDef(attribute, type)),
  }))
  const businessMetadataDefs = Object.entries(mapping.businessMetadata).map(([name, types]) => ({
    category: "BUSINESS_METADATA",
    name,
    description: name,
    typeVersion: "1.0",
    attributeDefs: Object.entries(types).map(([attribute, type]) => ({
      ...attributeDef(attribute, type),
      options: { applicableEntityTypes: '["Asset"]', maxStrLength: "10000" },
    })),
  }))
  return { entityDefs, classificationDefs, businessMetadataDefs }
}

function attributeDef(name: string, type: AttributeType): TypeDef {
  const many = type === "array<string>"
  return {
    name,
    typeName: typeNameOf(type),
    isOptional: true,
    cardinality: many ? "SET" : "SINGLE",
    valuesMinCount: 0,
    valuesMaxCount: many ? 2_147_483_647 : 1,
    isUnique: false,
    isIndexable: false,
  }
}

async function list(client: AtlasClient, ask: Ask): Promise<Listing> {
  const body = objectOf(await client.send("GET", "v2/types/typedefs", ask))
  const byName = (category: string): ReadonlyMap<string, TypeDef> =>
    new Map(listOf(body[category]).map((def) => [nameOf(objectOf(def)), objectOf(def)]))
  return {
    entityDefs: byName("entityDefs"),
    classificationDefs: byName("classificationDefs"),
    businessMetadataDefs: byName("businessMetadataDefs"),
  }
}

function known(listing: Listing): KnownTypes {
  return {
    relationsOf: (typeName) => inheritedBy(typeName, listing.entityDefs, "relationshipAttributeDefs"),
    classifications: new Set(listing.classificationDefs.keys()),
    businessMetadata: new Map(
      [...listing.businessMetadataDefs].map(([name, def]) => [name, new Set(attributesOf(def).map(nameOf))]),
    ),
  }
}

/** Names of the attributes of a type and of all that it derives from. */
function inheritedBy(typeName: string, defs: ReadonlyMap<string, TypeDef>, list: string): ReadonlySet<string> {
  const names = new Set<string>()
  const waiting = [typeName]
  const seen = new Set<string>()
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const def = defs.get(name)
    if (def === undefined || seen.has(name)) continue
    seen.add(name)
    for (const attribute of listOf(def[list])) names.add(nameOf(objectOf(attribute)))
    waiting.push(...listOf(def["superTypes"]).map(String))
  }
  return names
}

/** Definitions with the attributes that they lack added to those that they have. */
function united(lacking: Wanted, listing: Listing): Wanted {
  const unite = (category: (typeof categories)[number]): readonly TypeDef[] =>
    lacking[category].map((def) => {
      const there = listing[category].get(nameOf(def)) ?? {}
      const names = new Set(attributesOf(there).map(nameOf))
      const added = attributesOf(def).filter((one) => !names.has(nameOf(one)))
      return { ...there, attributeDefs: [...attributesOf(there), ...added] }
    })
  return {
    entityDefs: unite("entityDefs"),
    classificationDefs: unite("classificationDefs"),
    businessMetadataDefs: unite("businessMetadataDefs"),
  }
}

function pick(wanted: Wanted, keep: (category: (typeof categories)[number], def: TypeDef) => boolean): Wanted {
  const kept = (category: (typeof categories)[number]): readonly TypeDef[] =>
    wanted[category].filter((def) => keep(category, def))
  return {
    entityDefs: kept("entityDefs"),
    classificationDefs: kept("classificationDefs"),
    businessMetadataDefs: kept("businessMetadataDefs"),
  }
}

function size(wanted: Wanted): number {
  return categories.reduce((sum, category) => sum + wanted[category].length, 0)
}

function attributesOf(def: TypeDef): readonly TypeDef[] {
  return listOf(def["attributeDefs"]).map(objectOf)
}

function nameOf(def: TypeDef): string {
  return textOf(def["name"])
}
