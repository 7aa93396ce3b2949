import { useCallback, useSyncExternalStore } from "react"
import { useSession } from "../workspace/context.ts"
import type { WorkflowEntry, WorkflowView } from "./workflows.ts"

export function useWorkflowList(): readonly WorkflowEntry[] {
  const { workflows } = useSession()
  return useSyncExternalStore(
    useCallback((listener) => workflows.onList(listener), [workflows]),
    () => workflows.list(),
  )
}

export function useWorkflow(id: string): WorkflowView | undefined {
  const { workflows } = useSession()
  return useSyncExternalStore(
    useCallback((listener) => workflows.onView(id, listener), [workflows, id]),
    () => workflows.view(id),
  )
}
