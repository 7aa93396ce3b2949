/** Type definitions as Atlas's own model files hold them. */
export interface TypesDef {
  readonly enumDefs: readonly object[]
  readonly structDefs: readonly object[]
  readonly classificationDefs: readonly object[]
  readonly entityDefs: readonly object[]
  readonly relationshipDefs: readonly object[]
}

/** `name[!][/U][/I]:type[#SET|#LIST][~]`: ! mandatory, /U unique, /I indexed, ~ soft reference. */
function attribute(spec: string): object {
  const found = /^(\w+)(!?)(\/U)?(\/I)?:([\w<>,]+?)(?:#(\w+))?(~?)$/.exec(spec)
  if (found === null) throw new Error(`"${spec}" is no attribute.`)
  const [, name, mandatory, unique, indexed, typeName, cardinality = "SINGLE", soft] = found
  return {
    name,
    typeName,
    isOptional: mandatory !== "!",
    cardinality,
    isUnique: unique !== undefined,
    isIndexable: indexed !== undefined,
    valuesMinCount: mandatory === "!" ? 1 : 0,
    valuesMaxCount: cardinality === "SINGLE" ? 1 : 2_147_483_647,
    ...(soft === "~" ? { options: { isSoftReference: "true" } } : {}),
  }
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== "")
}

/** A row of a model: a type with its supertypes and attributes, each a list of words. */
export function entity(name: string, superTypes = "", attributes = "", serviceType = "atlas_core"): object {
  const attributeDefs = words(attributes).map(attribute)
  const named = { category: "ENTITY", name, description: name, serviceType, typeVersion: "1.0" }
  return { ...named, superTypes: words(superTypes), attributeDefs }
}

function end(spec: string): object {
  const found = /^(\w+)\.(\w+)(\*?)(\+?)(=?)$/.exec(spec)
  if (found === null) throw new Error(`"${spec}" is no end of a relationship.`)
  const [, type, name, many, container, legacy] = found
  const cardinality = many === "*" ? "SET" : "SINGLE"
  return { type, name, isContainer: container === "+", cardinality, isLegacyAttribute: legacy === "=" }
}

interface RelationshipOptions {
  readonly propagateTags?: string
  readonly attributes?: string
  readonly serviceType?: string
}

/** `ends` are two words: `Type.attribute[*][+][=]`, * several, + container, = declared on the type as well. */
export function relationship(name: string, category: string, ends: string, options: RelationshipOptions = {}): object {
  const [end1 = "", end2 = ""] = words(ends)
  return {
    category: "RELATIONSHIP",
    name,
    description: name,
    serviceType: options.serviceType ?? "atlas_core",
    typeVersion: "1.0",
    relationshipCategory: category,
    propagateTags: options.propagateTags ?? "NONE",
    endDef1: end(end1),
    endDef2: end(end2),
    attributeDefs: words(options.attributes ?? "").map(attribute),
    ...(options.serviceType === "hive" ? { relationshipLabel: `__${end1.replace(/[*+=]/g, "")}` } : {}),
  }
}

/** An enumeration of words, counted from 1. */
export function enumeration(name: string, values: string, serviceType = "atlas_core"): object {
  const elementDefs = words(values).map((value, at) => ({ value, ordinal: at + 1 }))
  return { category: "ENUM", name, description: name, serviceType, typeVersion: "1.0", elementDefs }
}
