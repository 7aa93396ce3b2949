import type { ReactElement } from "react"
import { useWorkspaceStatus, useWorkspaceView } from "../workspace/hooks.ts"

/** "Saved", "Saving", "Offline, 3 waiting": where the whole workspace's edits are. */
export function WorkspaceStatusBar(): ReactElement {
  const view = useWorkspaceView()
  const { connection, permission } = useWorkspaceStatus()
  return (
    <div className="workspace-status">
      {permission === "read" ? (
        <span className="pill" data-testid="read-only">
          Read only
        </span>
      ) : null}
      <span
        role="status"
        className="save-state"
        data-testid="workspace-status"
        data-state={view.state}
        data-waiting={view.waiting}
        data-connection={connection}
        title={view.detail}
      >
        <span className="save-mark" aria-hidden="true" />
        {view.label}
      </span>
    </div>
  )
}
