/** What the page's address asks for. */
export interface Address {
  readonly workspace: string
  /** The dataset to open, if the address names one. */
  readonly dataset: string | undefined
  /** An access token given as `#token=...`; it must not stay in the address. */
  readonly token: string | undefined
}

export const defaultWorkspace = "catalog"

export function parseAddress(url: URL): Address {
  const token = new URLSearchParams(url.hash.slice(1)).get("token")?.trim()
  return {
    workspace: url.searchParams.get("workspace") ?? defaultWorkspace,
    dataset: url.searchParams.get("dataset") ?? undefined,
    token: token === "" ? undefined : token,
  }
}

/** The address without its token; other parts of the fragment stay. */
export function withoutToken(url: URL): URL {
  const fragment = new URLSearchParams(url.hash.slice(1))
  fragment.delete("token")
  const next = new URL(url)
  next.hash = fragment.toString()
  return next
}

/** The address that opens `dataset`, or the list alone. */
export function withDataset(url: URL, dataset: string | undefined): URL {
  const next = new URL(url)
  if (dataset === undefined) next.searchParams.delete("dataset")
  else next.searchParams.set("dataset", dataset)
  return next
}
