import { type Content, isElement } from "@millrace/workspace"

/** A text inside an action's body that a person edits: where it stands, and what it is called. */
export interface BodyText {
  /** Place among the contents of each level, from the body down. */
  readonly path: readonly number[]
  /** Names of the elements around it, such as `configuration property value`. */
  readonly label: string
  readonly text: string
}

/** The texts of elements that hold nothing else, in the order of the document. */
export function bodyTexts(body: readonly Content[]): readonly BodyText[] {
  const found: BodyText[] = []
  const walk = (contents: readonly Content[], path: readonly number[], names: readonly string[]): void => {
    contents.forEach((content, index) => {
      if (!isElement(content)) return
      const children = content.children ?? []
      const here = [...path, index]
      const label = [...names, content.name]
      if (children.some((child) => isElement(child))) walk(children, here, label)
      else if (children.length > 0 || (content.attributes ?? []).length === 0) {
        found.push({
          path: here,
          label: label.join(" "),
          text: children.filter((child) => typeof child === "string").join(""),
        })
      }
    })
  }
  walk(body, [], [])
  return found
}

/**
 * The body with another text at `path`; comments inside the element stay, before it.
 *
 * Whatever is typed stays text: it can add no element. A path that leads nowhere gives the body back as it is.
 */
export function withBodyText(body: readonly Content[], path: readonly number[], text: string): readonly Content[] {
  const [index, ...rest] = path
  return body.map((content, at) => {
    if (at !== index || !isElement(content)) return content
    const children = content.children ?? []
    if (rest.length > 0) return { ...content, children: withBodyText(children, rest, text) }
    const kept = children.filter((child) => typeof child !== "string")
    const next = text === "" ? kept : [...kept, text]
    const { children: _, ...bare } = content
    return next.length === 0 ? bare : { ...bare, children: next }
  })
}
