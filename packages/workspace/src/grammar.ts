export { elementFaults, type GrammarFault } from "./definitions/check-grammar.ts"
export {
  type AttributeRule,
  attributesOf,
  type Particle,
  particleOf,
  type SchemaGrammar,
} from "./definitions/grammar.ts"
export { noScope } from "./definitions/parts.ts"
export { schemaNames, schemaOf } from "./definitions/schemas.ts"
