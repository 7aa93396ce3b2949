import { messageOf } from "@millrace/ports"
import { type ReactElement, StrictMode, useEffect, useState } from "react"
import { createRoot } from "react-dom/client"
import { Screen } from "./screen.tsx"
import type { View } from "./shell/view-tabs.tsx"
import { WorkflowScreen } from "./workflows/workflow-screen.tsx"
import type { Shell } from "./shell/register.ts"
import { SessionContext } from "./workspace/context.ts"
import type { Session } from "./workspace/session.ts"
import type { Tokens } from "./workspace/tokens.ts"

export interface AppProps {
  readonly name: string
  /** The dataset to open first. */
  readonly dataset: string | undefined
  /** The workflow to open first. */
  readonly workflow: string | undefined
  readonly view: View
  readonly tokens: Tokens
  readonly session: Promise<Session>
  readonly shell: Shell
  readonly reload: () => void
}

type Opening =
  | { readonly name: "opening" }
  | { readonly name: "open"; readonly session: Session }
  | { readonly name: "failed"; readonly reason: string }

/** Renders the application into `root`; once a page. */
export function mountApp(root: HTMLElement, props: AppProps): void {
  createRoot(root).render(
    <StrictMode>
      <App {...props} />
    </StrictMode>,
  )
}

function App(props: AppProps): ReactElement {
  const { session, name } = props
  const [view, setView] = useState(props.view)
  const [opening, setOpening] = useState<Opening>({ name: "opening" })
  useEffect(() => {
    let mounted = true
    const set = (next: Opening): void => {
      if (mounted) setOpening(next)
    }
    session.then(
      (opened) => set({ name: "open", session: opened }),
      (error: unknown) => set({ name: "failed", reason: messageOf(error) }),
    )
    document.title = `${name} · Millrace`
    return () => {
      mounted = false
    }
  }, [session, name])

  if (opening.name === "open") {
    return (
      <SessionContext value={opening.session}>
        {view === "workflows" ? (
          <WorkflowScreen {...props} onView={setView} />
        ) : (
          <Screen
            dataset={props.dataset}
            tokens={props.tokens}
            shell={props.shell}
            reload={props.reload}
            onView={setView}
          />
        )}
      </SessionContext>
    )
  }
  return (
    <main className="splash">
      <h1>Millrace</h1>
      {opening.name === "opening" ? (
        <p role="status" data-testid="opening">
          Opening workspace “{name}”…
        </p>
      ) : (
        <div role="alert" data-testid="open-failed">
          <p>Workspace “{name}” cannot be opened.</p>
          <p>{opening.reason}</p>
          <button type="button" className="button" onClick={props.reload}>
            Try again
          </button>
        </div>
      )}
    </main>
  )
}
