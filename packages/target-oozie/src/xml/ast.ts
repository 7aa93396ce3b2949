/** An attribute's qualified name and its value; declarations of namespaces are attributes. */
export type XmlAttribute = readonly [name: string, value: string]

/** An element by its qualified name. Lists that would be empty are left out. */
export interface XmlElement {
  readonly name: string
  readonly attributes?: readonly XmlAttribute[]
  readonly children?: readonly XmlContent[]
}

export interface XmlComment {
  readonly comment: string
}

/** A processing instruction. */
export interface XmlInstruction {
  readonly instruction: string
  readonly data: string
}

/** What stands inside an element. Text is what it says, without escapes; white space that only separates elements is left out. */
export type XmlContent = string | XmlElement | XmlComment | XmlInstruction

export interface XmlDocument {
  /** Comments and instructions before the root. */
  readonly before: readonly XmlContent[]
  readonly root: XmlElement
  /** And after it. */
  readonly after: readonly XmlContent[]
}
