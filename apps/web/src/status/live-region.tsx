import { type ReactElement, useSyncExternalStore } from "react"
import { announced, onAnnounced } from "./announcer.ts"

/** Where `announce` is heard. */
export function LiveRegion(): ReactElement {
  const text = useSyncExternalStore(onAnnounced, announced)
  return (
    <div role="status" aria-live="polite" className="visually-hidden" data-testid="announcements">
      {text}
    </div>
  )
}
