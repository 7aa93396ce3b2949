import type { View } from "../shell/view-tabs.tsx"

/** What the page's address asks for. */
export interface Address {
  readonly workspace: string
  /** The dataset to open, if the address names one. */
  readonly dataset: string | undefined
  /** The workflow to open, if the address names one. */
  readonly workflow: string | undefined
  readonly view: View
  /** An access token given as `#token=...`; it must not stay in the address. */
  readonly token: string | undefined
}

export const defaultWorkspace = "catalog"

export function parseAddress(url: URL): Address {
  const token = new URLSearchParams(url.hash.slice(1)).get("token")?.trim()
  return {
    workspace: url.searchParams.get("workspace") ?? defaultWorkspace,
    dataset: url.searchParams.get("dataset") ?? undefined,
    workflow: url.searchParams.get("workflow") ?? undefined,
    view: url.searchParams.get("view") === "workflows" ? "workflows" : "datasets",
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
  for (const name of ["view", "workflow"]) next.searchParams.delete(name)
  if (dataset === undefined) next.searchParams.delete("dataset")
  else next.searchParams.set("dataset", dataset)
  return next
}

/** The address that opens `workflow`, or the list of workflows alone. */
export function withWorkflow(url: URL, workflow: string | undefined): URL {
  const next = new URL(url)
  next.searchParams.delete("dataset")
  next.searchParams.set("view", "workflows")
  if (workflow === undefined) next.searchParams.delete("workflow")
  else next.searchParams.set("workflow", workflow)
  return next
}
