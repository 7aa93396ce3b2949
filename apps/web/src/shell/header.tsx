import { type ReactElement, useSyncExternalStore } from "react"
import { WorkspaceStatusBar } from "../status/workspace-status.tsx"
import type { Shell, ShellState } from "./register.ts"

export interface HeaderProps {
  readonly name: string
  readonly shell: Shell
  readonly tabs: ReactElement
  readonly onShortcuts?: () => void
}

const shellTexts: Readonly<Partial<Record<ShellState, string>>> = {
  ready: "Opens offline",
  unsupported: "Needs the server to open",
  failed: "Needs the server to open",
}

/** Which workspace, where its edits are, and whether the page opens without a server. */
export function Header({ name, shell, tabs, onShortcuts }: HeaderProps): ReactElement {
  const state = useSyncExternalStore(
    (listener) => shell.onState(listener),
    () => shell.state(),
  )
  return (
    <header className="head">
      <svg className="logo" viewBox="0 0 32 32" aria-hidden="true">
        <path d="M5 12c3.7-3.2 7.3-3.2 11 0s7.300 3.200 11 0" />
        <path d="M5 20c3.700-3.200 7.300-3.200 11 0s7.300 3.200 11 0" />
      </svg>
      <h1 className="head-title">
        Millrace{" "}
        <span className="head-workspace" data-testid="workspace-name">
          {name}
        </span>
      </h1>
      {tabs}
      <span className="head-space" />
      {state === "update-waiting" ? (
        <button type="button" className="button" data-testid="shell-update" onClick={() => shell.update()}>
          Update the page
        </button>
      ) : null}
      <span className="quiet head-shell" data-testid="shell-status" data-state={state}>
        {shellTexts[state] ?? ""}
      </span>
      <WorkspaceStatusBar />
      {onShortcuts === undefined ? null : (
        <button
          type="button"
          className="button button-icon"
          aria-label="Keyboard shortcuts"
          title="Keyboard shortcuts (?)"
          data-testid="shortcuts"
          onClick={onShortcuts}
        >
          ?
        </button>
      )}
    </header>
  )
}
