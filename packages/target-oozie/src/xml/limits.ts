/** What a document may cost; over any of these it is refused before more of it is read. */
export interface XmlLimits {
  readonly maxChars: number
  /** Levels of elements. */
  readonly maxDepth: number
  /** Elements, comments, instructions and texts together. */
  readonly maxItems: number
  readonly maxAttributes: number
  readonly maxNameChars: number
}

/** Ten times what a server takes by default, and deeper than any schema goes. */
export const defaultXmlLimits: XmlLimits = {
  maxChars: 1_000_000,
  maxDepth: 24,
  maxItems: 50_000,
  maxAttributes: 100,
  maxNameChars: 256,
}
