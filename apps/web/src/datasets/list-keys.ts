/** What a key asks of the list, as a pure function of the key and where the focus is. */
export type ListAction =
  | { readonly name: "move"; readonly to: number }
  | { readonly name: "open" }
  | { readonly name: "delete" }
  | { readonly name: "create" }
  | { readonly name: "filter" }
  | { readonly name: "close" }

export interface ListPosition {
  readonly index: number
  readonly count: number
  /** Rows that a page holds. */
  readonly page: number
}

/** undefined where the key means nothing to the list. Never moves outside of it. */
export function listAction(key: string, at: ListPosition): ListAction | undefined {
  const last = at.count - 1
  const move = (to: number): ListAction | undefined =>
    at.count === 0 ? undefined : { name: "move", to: Math.max(0, Math.min(last, to)) }
  switch (key) {
    case "ArrowDown":
      return move(at.index + 1)
    case "ArrowUp":
      return at.index === 0 ? { name: "filter" } : move(at.index - 1)
    case "PageDown":
      return move(at.index + at.page)
    case "PageUp":
      return move(at.index - at.page)
    case "Home":
      return move(0)
    case "End":
      return move(last)
    case "Enter":
      return at.count === 0 ? undefined : { name: "open" }
    case "Delete":
      return at.count === 0 ? undefined : { name: "delete" }
    case "n":
    case "N":
      return { name: "create" }
    case "/":
      return { name: "filter" }
    case "Escape":
      return { name: "close" }
    default:
      return undefined
  }
}
