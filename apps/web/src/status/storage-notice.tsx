import type { ReactElement } from "react"
import { useWorkspaceStatus } from "../workspace/hooks.ts"

/** Shown while this browser keeps nothing: what the person has to know before closing the page. */
export function StorageNotice(): ReactElement | null {
  const { storage, waiting, lastError } = useWorkspaceStatus()
  if (storage === "open" || storage === "opening") return null
  const why = storage === "failed" && lastError?.kind === "storage" ? ` ${lastError.message}` : ""
  return (
    <section className="notice notice-serious" role="alert" data-testid="storage-notice" data-state={storage}>
      <p>
        This browser does not keep your edits.{why} Leave this page open until the header says “Saved”
        {waiting > 0 ? `; ${waiting} waiting now` : ""}.
      </p>
    </section>
  )
}
