import { type ReactElement, useEffect, useState } from "react"
import { Header } from "../shell/header.tsx"
import type { Shell } from "../shell/register.ts"
import { type View, ViewTabs } from "../shell/view-tabs.tsx"
import { AccessNotice } from "../status/access-notice.tsx"
import { LiveRegion } from "../status/live-region.tsx"
import { StorageNotice } from "../status/storage-notice.tsx"
import { withWorkflow } from "../workspace/address.ts"
import { useSession } from "../workspace/context.ts"
import { useWorkspaceStatus } from "../workspace/hooks.ts"
import type { Tokens } from "../workspace/tokens.ts"
import { WorkflowDetails } from "./workflow-details.tsx"
import { WorkflowList } from "./workflow-list.tsx"

export interface WorkflowScreenProps {
  readonly workflow: string | undefined
  readonly tokens: Tokens
  readonly shell: Shell
  readonly reload: () => void
  readonly onView: (view: View) => void
}

/** Workflows: the list and the one that is open. */
export function WorkflowScreen(props: WorkflowScreenProps): ReactElement {
  const { name } = useSession()
  const { permission } = useWorkspaceStatus()
  const [openId, setOpenId] = useState(props.workflow)
  useEffect(() => {
    window.history.replaceState(null, "", withWorkflow(new URL(window.location.href), openId))
  }, [openId])
  return (
    <div className={openId === undefined ? "screen" : "screen screen-open"}>
      <Header name={name} shell={props.shell} tabs={<ViewTabs view="workflows" onView={props.onView} />} />
      <AccessNotice workspace={name} tokens={props.tokens} onRetry={props.reload} />
      <StorageNotice />
      <main className="panes">
        <WorkflowList openId={openId} onOpen={setOpenId} />
        {openId === undefined ? (
          <section className="details-pane details-none" aria-label="Details">
            <p>Choose a workflow to see and edit it.</p>
          </section>
        ) : (
          <WorkflowDetails
            key={openId}
            id={openId}
            canEdit={permission !== "read"}
            onClose={() => setOpenId(undefined)}
          />
        )}
      </main>
      <LiveRegion />
    </div>
  )
}
