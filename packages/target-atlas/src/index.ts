export { type AttributeType, attributeTypes } from "./attribute-value.ts"
export { type AtlasContext, classifyAtlas } from "./classify.ts"
export type { AtlasPorts } from "./client.ts"
export { type AtlasConfig, atlasConfig } from "./config.ts"
export {
  type AtlasMapping,
  type AttributeTypes,
  type CollectionMapping,
  defaultMapping,
  type EntityRole,
  type FieldMapping,
} from "./mapping.ts"
export { createAtlasTarget } from "./target.ts"
