import type { ErrorKind, MillraceError } from "@millrace/ports"
import { type FormEvent, type ReactElement, useState, useSyncExternalStore } from "react"
import { useWorkspaceStatus } from "../workspace/hooks.ts"
import type { Tokens } from "../workspace/tokens.ts"

export interface AccessNoticeProps {
  readonly workspace: string
  readonly tokens: Tokens
  /** Opens the workspace again with the token that is now known. */
  readonly onRetry: () => void
}

/** Shown when the relay cannot or will not take this person's edits: why, and what to do. Nothing local is lost by it. */
export function AccessNotice({ workspace, tokens, onRetry }: AccessNoticeProps): ReactElement | null {
  const status = useWorkspaceStatus()
  const needed = useSyncExternalStore(
    (listener) => tokens.onNeeded(listener),
    () => tokens.isNeeded(),
  )
  const refusal = status.connection === "refused" ? status.lastError : undefined
  const isRefused = status.connection === "refused"
  if (!needed && !isRefused) return null
  const asksForToken = needed || refusal?.kind === "unauthenticated" || refusal?.kind === "forbidden"
  const { title, text } = needed ? tokenNeeded(workspace) : explain(refusal, workspace)
  return (
    <section className="notice" aria-labelledby="access-title" data-testid="access-notice" data-kind={refusal?.kind}>
      <div>
        <h2 id="access-title">{title}</h2>
        <p>{text}</p>
      </div>
      <div className="notice-actions">
        {asksForToken ? <TokenForm tokens={tokens} onGiven={onRetry} /> : null}
        <button type="button" className="button" data-testid="access-retry" onClick={onRetry}>
          Try again
        </button>
      </div>
    </section>
  )
}

interface Explanation {
  readonly title: string
  readonly text: string
}

const kept = "Everything you edited stays in this browser."

function tokenNeeded(workspace: string): Explanation {
  return {
    title: "An access token is needed",
    text: `Paste a token for workspace “${workspace}”: “millrace token --workspace ${workspace} --role write” makes one. ${kept}`,
  }
}

const explanations: Readonly<Partial<Record<ErrorKind, (workspace: string) => Explanation>>> = {
  unauthenticated: () => ({
    title: "The token was not accepted",
    text: `It is wrong or expired: paste a new one. ${kept}`,
  }),
  forbidden: (workspace) => ({
    title: "This token does not allow that",
    text: `It does not open workspace “${workspace}”: ask for one that does and paste it. ${kept}`,
  }),
  generation: () => ({
    title: "This workspace was reset",
    text: `This browser's copy belongs to an earlier generation and cannot be merged. ${kept}`,
  }),
}

function explain(refusal: MillraceError | undefined, workspace: string): Explanation {
  const known = refusal === undefined ? undefined : explanations[refusal.kind]?.(workspace)
  return known ?? { title: "The relay refused the connection", text: `${refusal?.message ?? ""} ${kept}`.trim() }
}

function TokenForm({ tokens, onGiven }: { readonly tokens: Tokens; readonly onGiven: () => void }): ReactElement {
  const [text, setText] = useState("")
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault()
    if (text.trim() === "") return
    tokens.give(text)
    onGiven()
  }
  return (
    <form className="token-form" onSubmit={onSubmit} data-testid="token-form">
      <label htmlFor="access-token">Access token</label>
      <input
        id="access-token"
        type="password"
        autoComplete="off"
        spellCheck={false}
        value={text}
        data-testid="token-input"
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" className="button button-primary" data-testid="token-submit" disabled={text.trim() === ""}>
        Use token
      </button>
    </form>
  )
}
