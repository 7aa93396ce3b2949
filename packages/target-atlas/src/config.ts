import {
  authOf,
  type HttpAuth,
  type HttpTls,
  onlyKnown,
  settingsObject,
  settingText,
  settingWhole,
  tlsOf,
  urlsOf,
  wrongSetting,
} from "@millrace/target"
import { type AttributeType, attributeTypes } from "./attribute-value.ts"
import {
  type AtlasMapping,
  type AttributeTypes,
  type CollectionMapping,
  defaultMapping,
  type FieldMapping,
  idAttribute,
  recordAttribute,
} from "./mapping.ts"

/** An Atlas target as the configuration has it, defaults filled in. */
export interface AtlasConfig {
  readonly kind: "atlas"
  /** The servers of one Atlas; the first is preferred. */
  readonly urls: readonly string[]
  /** What stands behind the `@` of qualified names; left out: the workspace's name. */
  readonly namespace?: string
  /** Bounds one request; a bulk of a hundred takes a busy server some seconds. */
  readonly timeoutMs: number
  /** Changes in one call of `apply`. */
  readonly maxBatchChanges: number
  /** Entities in one request: the cost of each grows with their number. */
  readonly entitiesPerRequest: number
  readonly auth: HttpAuth
  readonly tls: HttpTls
  readonly mapping: AtlasMapping
}

const known = [
  "kind",
  "url",
  "urls",
  "namespace",
  "timeoutMs",
  "maxBatchChanges",
  "entitiesPerRequest",
  "auth",
  "tls",
  "collections",
  "classifications",
  "businessMetadata",
]

/**
 * Checks one target of the configuration: `{ kind: "atlas", url | urls, auth?, collections?, classifications?, ... }`.
 *
 * @param path Where the value stands, such as `targets.catalog`; every error begins with it and the field.
 * @throws MillraceError of kind `usage`.
 */
export function atlasConfig(value: unknown, path: string): AtlasConfig {
  const fields = settingsObject(value, path)
  onlyKnown(fields, known, path)
  if (fields["kind"] !== "atlas") throw wrongSetting(`${path}.kind`, 'must be "atlas"')
  return {
    kind: "atlas",
    urls: urlsOf(fields, path),
    ...namespaceOf(fields["namespace"], `${path}.namespace`),
    timeoutMs: settingWhole(fields["timeoutMs"], `${path}.timeoutMs`, 60_000, 100, 600_000),
    maxBatchChanges: settingWhole(fields["maxBatchChanges"], `${path}.maxBatchChanges`, 200, 1, 1000),
    entitiesPerRequest: settingWhole(fields["entitiesPerRequest"], `${path}.entitiesPerRequest`, 50, 1, 200),
    auth: authOf(fields["auth"], `${path}.auth`),
    tls: tlsOf(fields["tls"], `${path}.tls`),
    mapping: {
      ...defaultMapping,
      collections: collectionsOf(fields["collections"], `${path}.collections`),
      classifications: kindsOf(fields["classifications"], `${path}.classifications`),
      businessMetadata: kindsOf(fields["businessMetadata"], `${path}.businessMetadata`),
    },
  }
}

function namespaceOf(value: unknown, path: string): { readonly namespace?: string } {
  if (value === undefined) return {}
  const namespace = settingText(value, path)
  if (/[@\s]/.test(namespace) || namespace.length > 100) {
    throw wrongSetting(path, "must be at most 100 characters without @ and white space")
  }
  return { namespace }
}

function collectionsOf(value: unknown, path: string): AtlasMapping["collections"] {
  if (value === undefined) return defaultMapping.collections
  const all: Record<string, CollectionMapping> = { ...defaultMapping.collections }
  for (const [collection, settings] of Object.entries(settingsObject(value, path))) {
    all[collection] = collectionOf(collection, settings, `${path}.${collection}`, all[collection])
  }
  const names = Object.values(all).map(({ typeName }) => typeName)
  const twice = names.find((name, at) => names.indexOf(name) < at)
  if (twice !== undefined) throw wrongSetting(path, `gives two collections the type "${twice}"`)
  return all
}

function collectionOf(
  collection: string,
  value: unknown,
  path: string,
  base: CollectionMapping | undefined,
): CollectionMapping {
  const fields = settingsObject(value, path)
  onlyKnown(fields, ["typeName", "superType", "fields"], path)
  const start = base ?? { ...defaultMapping.otherwise, collection, typeName: `millrace_${collection}` }
  return {
    ...start,
    typeName: typeNameOf(fields["typeName"], `${path}.typeName`, start.typeName),
    superType: typeNameOf(fields["superType"], `${path}.superType`, start.superType),
    fields: fieldsOf(fields["fields"], `${path}.fields`, start.fields),
  }
}

/** `{ rank: "int" }` or `{ rank: { attribute: "businessRank", type: "int" } }`, on top of the defaults. */
function fieldsOf(value: unknown, path: string, base: readonly FieldMapping[]): readonly FieldMapping[] {
  if (value === undefined) return base
  const all = new Map(base.map((mapping) => [mapping.field, mapping]))
  for (const [field, setting] of Object.entries(settingsObject(value, path))) {
    const at = `${path}.${field}`
    if (typeof setting === "string") {
      all.set(field, { field, attribute: attributeName(field, at), type: attributeType(setting, at) })
      continue
    }
    const { attribute, type, ...rest } = settingsObject(setting, at)
    onlyKnown(rest, [], at)
    const name = attributeName(attribute ?? field, `${at}.attribute`)
    all.set(field, { field, attribute: name, type: attributeType(type, `${at}.type`) })
  }
  const attributes = [...all.values()].map((mapping) => mapping.attribute)
  const twice = attributes.find((name, at) => attributes.indexOf(name) < at)
  if (twice !== undefined) throw wrongSetting(path, `puts two fields into the attribute "${twice}"`)
  return [...all.values()]
}

/** `{ PII: { level: "int" } }`: names with their attributes' types. */
function kindsOf(value: unknown, path: string): Readonly<Record<string, AttributeTypes>> {
  if (value === undefined) return {}
  const kinds = Object.entries(settingsObject(value, path)).map(([name, attributes]) => {
    typeNameOf(name, `${path}.${name}`, "")
    const types = Object.entries(settingsObject(attributes, `${path}.${name}`)).map(([attribute, type]) => {
      const at = `${path}.${name}.${attribute}`
      const found = attributeType(type, at)
      if (found === "json") throw wrongSetting(at, 'cannot be "json"')
      return [attributeName(attribute, at), found] as const
    })
    return [name, Object.fromEntries(types)] as const
  })
  return Object.fromEntries(kinds)
}

function typeNameOf(value: unknown, path: string, otherwise: string): string {
  if (value === undefined) return otherwise
  const name = settingText(value, path)
  if (!/^[A-Za-z][A-Za-z0-9_ ]{0,99}$/.test(name)) {
    throw wrongSetting(path, "must be a letter followed by letters, digits, _ or spaces, as Atlas names types")
  }
  return name
}

function attributeName(value: unknown, path: string): string {
  const name = settingText(value, path)
  const taken = [
    "qualifiedName",
    recordAttribute,
    idAttribute,
    "inputs",
    "outputs",
    "columns",
    "partitionKeys",
    "db",
    "table",
  ]
  if (!/^[A-Za-z][A-Za-z0-9_]{0,99}$/.test(name)) {
    throw wrongSetting(path, "must name an attribute by a letter followed by letters, digits or _")
  }
  if (taken.includes(name)) throw wrongSetting(path, `cannot be "${name}", which the target itself fills in`)
  return name
}

function attributeType(value: unknown, path: string): AttributeType {
  const found = attributeTypes.find((type) => type === value)
  if (found === undefined) throw wrongSetting(path, `must be one of ${attributeTypes.join(", ")}`)
  return found
}
