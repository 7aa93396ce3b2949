import type { CatchingUp, WorkspaceStatus } from "@millrace/client"

/** What the header says, in one word for tests and styles. */
export type WorkspaceViewState =
  | "opening"
  | "connecting"
  | "saved"
  | "saving"
  | "offline"
  | "refused"
  | "storage-failed"

export interface WorkspaceView {
  readonly state: WorkspaceViewState
  readonly label: string
  /** Records with edits that are not on the relay's disk. */
  readonly waiting: number
  /** What the label means for the person, as one sentence. */
  readonly detail: string
}

/** `storing` counts writes whose IndexedDB transaction has not completed. */
export function workspaceView(status: WorkspaceStatus, storing: number): WorkspaceView {
  const { waiting } = status
  const kept = waiting === 0 ? "Every edit is on the relay's disk." : `${edits(waiting)} waiting; kept in this browser.`
  const view = (state: WorkspaceViewState, label: string, detail: string): WorkspaceView => ({
    state,
    label,
    waiting,
    detail,
  })
  if (status.storage === "failed") {
    return view("storage-failed", "Not kept in this browser", "Keep this page open until everything is saved.")
  }
  if (status.storage === "opening") return view("opening", "Opening", "Reading this browser's copy.")
  if (status.connection === "refused") return view("refused", counted("Refused", waiting), kept)
  if (isOffline(status))
    return view("offline", counted("Offline", waiting), `Edits sync when the server is back. ${kept}`)
  if (status.connection === "connecting") return view("connecting", counted("Connecting", waiting), kept)
  if (status.catchingUp !== undefined) return view("saving", `Syncing, ${percent(status.catchingUp)}`, kept)
  if (waiting > 0 || storing > 0) return view("saving", counted("Saving", waiting), kept)
  if (!status.caughtUp) return view("saving", "Syncing", "Fetching what others changed.")
  return view("saved", "Saved", kept)
}

// An attempt after a failure is still "offline" to a person: the label would flicker at every retry.
function isOffline(status: WorkspaceStatus): boolean {
  return status.connection === "offline" || (status.connection === "connecting" && status.lastError !== undefined)
}

function percent({ doneBytes, totalBytes }: CatchingUp): string {
  return `${Math.floor((100 * doneBytes) / Math.max(1, totalBytes))} %`
}

function counted(word: string, waiting: number): string {
  return waiting === 0 ? word : `${word}, ${waiting} waiting`
}

function edits(count: number): string {
  return count === 1 ? "1 record has edits" : `${count} records have edits`
}
