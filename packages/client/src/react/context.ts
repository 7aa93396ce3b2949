import type { Schema } from "@millrace/model"
import { createContext, createElement, type ReactElement, type ReactNode, useContext } from "react"
import type { Workspace } from "../api.ts"

/** Null outside of a provider, undefined inside of one that has no workspace yet. */
const WorkspaceContext = createContext<Workspace<Schema> | undefined | null>(null)

export interface WorkspaceProviderProps<S extends Schema = Schema> {
  /** Opened and closed by the application, outside of components; undefined on a server, or before it is there. */
  readonly workspace: Workspace<S> | undefined
  readonly children?: ReactNode
}

/**
 * Gives the hooks below it their workspace.
 *
 * It neither opens nor closes it, so that mounting twice, as in StrictMode, costs nothing. Without a workspace the hooks show what an
 * empty one would: what a server renders, and a browser first.
 */
export function WorkspaceProvider<S extends Schema = Schema>(props: WorkspaceProviderProps<S>): ReactElement {
  const value = props.workspace as unknown as Workspace<Schema> | undefined
  return createElement(WorkspaceContext.Provider, { value }, props.children)
}

/** The provider's workspace, to write to; undefined where it has none yet. Throws outside of a `WorkspaceProvider`. */
export function useWorkspace(): Workspace<Schema> | undefined {
  const workspace = useContext(WorkspaceContext)
  if (workspace === null) throw new Error("This hook needs a <WorkspaceProvider> above its component.")
  return workspace
}
