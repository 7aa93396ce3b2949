import type { Workspace } from "@millrace/client"
import type { Reason } from "@millrace/model"
import { systemRandom } from "@millrace/ports"
import type { PlatformSchema } from "@millrace/workspace"
import { Drafts, type DraftStorage } from "../editing/drafts.ts"
import { Catalog } from "./catalog.ts"
import { type Dispute, type DisputedCollection, disputesOf } from "./disputes.ts"
import { Edits } from "./edits.ts"
import { StatusStore } from "./status-store.ts"
import { WorkflowEdits } from "../workflows/workflow-edits.ts"
import { Workflows } from "../workflows/workflows.ts"
import { type AskJson, askTroubles, type Troubles } from "./target-troubles.ts"

/** An open workspace as the screen uses it. */
export interface Session {
  readonly name: string
  readonly catalog: Catalog
  readonly status: StatusStore
  readonly edits: Edits
  readonly workflows: Workflows
  readonly workflowEdits: WorkflowEdits
  /** Why a merged record is not what the schema promises; empty where it is. */
  check(collection: "datasets" | "columns", id: string): readonly Reason[]
  /** Texts under way. */
  readonly drafts: Drafts
  /** What several people wrote at once. */
  disputes(collection: DisputedCollection, id: string): readonly Dispute[]
  /** Why targets do not answer. */
  troubles(): Promise<Troubles>
  /** Leaves the relay and flushes the local stores. */
  close(): Promise<void>
}

export interface SessionPorts {
  readonly storage: DraftStorage
  readonly ask: AskJson
}

/**
 * Makes the screen's views of a workspace, once what this browser keeps is loaded.
 *
 * A local copy that cannot be read is no reason to show nothing: the workspace then goes on in memory, and its status says
 * so.
 */
export async function openSession(
  workspace: Workspace<PlatformSchema>,
  { storage, ask }: SessionPorts,
): Promise<Session> {
  await workspace.ready.catch(() => {})
  const datasets = workspace.collection("datasets")
  const columns = workspace.collection("columns")
  const catalog = new Catalog({
    datasets,
    columns,
    onChange: (listener) => workspace.records.onChange(listener),
  })
  const status = new StatusStore(workspace, (collection, id) => {
    if (collection === "datasets") return id
    return collection === "columns" ? columns.get(id)?.dataset : undefined
  })
  const track = (stored: Promise<void>): void => status.track(stored)
  const edits = new Edits(workspace, catalog, track)
  const workflows = new Workflows(workspace.records)
  return {
    name: workspace.name,
    catalog,
    status,
    edits,
    workflows,
    workflowEdits: new WorkflowEdits(workspace, track, systemRandom),
    drafts: new Drafts(storage, workspace.name),
    disputes: (collection, id) => disputesOf(workspace.records, collection, id),
    troubles: () => askTroubles(workspace.name, ask),
    check: (collection, id) => workspace.records.collection(collection).check(id),
    close: () => {
      catalog.close()
      workflows.close()
      status.close()
      return workspace.close()
    },
  }
}
