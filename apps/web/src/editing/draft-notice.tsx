import { type ReactElement, useCallback, useSyncExternalStore } from "react"
import { useSession } from "../workspace/context.ts"
import type { KeptDraft } from "./drafts.ts"

export interface DraftNoticeProps {
  readonly onOpen: (dataset: string) => void
  readonly onCreate: () => void
}

/** Shown while there is text that an earlier page left uncommitted: where it is, and what to do. */
export function DraftNotice({ onOpen, onCreate }: DraftNoticeProps): ReactElement | null {
  const { drafts } = useSession()
  const left = useSyncExternalStore(
    useCallback((listener) => drafts.onLeft(listener), [drafts]),
    () => drafts.left(),
  )
  if (left.length === 0) return null
  const open = ({ place }: KeptDraft): void => (place.dataset === "" ? onCreate() : onOpen(place.dataset))
  return (
    <section className="notice" aria-labelledby="drafts-title" data-testid="draft-notice" data-count={left.length}>
      <div>
        <h2 id="drafts-title">Typed before the page was left, not saved yet</h2>
        <ul>
          {left.map((draft) => (
            <li key={JSON.stringify(draft.place)}>
              {opens(draft) ? (
                <button type="button" className="button" data-testid="draft-open" onClick={() => open(draft)}>
                  {titleOf(draft)}
                </button>
              ) : (
                titleOf(draft)
              )}{" "}
              <span className="quiet">{shortened(draft.text)}</span>
            </li>
          ))}
        </ul>
      </div>
      <div className="notice-actions">
        <button type="button" className="button" data-testid="drafts-discard" onClick={() => drafts.dropLeft()}>
          Discard
        </button>
      </div>
    </section>
  )
}

/** What is no dataset's waits where it was typed. */
function opens({ place }: KeptDraft): boolean {
  return place.dataset !== "" || place.id === ""
}

function titleOf({ place }: KeptDraft): string {
  return place.id === "" ? "New dataset" : `${place.id}: ${place.field}`
}

const maxShownChars = 60

function shortened(text: string): string {
  return text.length > maxShownChars ? `${text.slice(0, maxShownChars)}…` : text
}
