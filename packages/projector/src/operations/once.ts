import { MillraceError } from "@millrace/ports"
import type { View } from "../view/view.ts"

/**
 * Whether this was done before under its key.
 *
 * @throws MillraceError `conflict` where the key was used for something else.
 */
export function isRepeat(view: View, key: string | undefined, digest: string): boolean {
  if (key === undefined) return false
  const act = view.act(key)
  if (act === undefined) return false
  if (act.digest === digest) return true
  throw new MillraceError("This idempotency key was used for something else; draw a new one for each thing you do.", {
    kind: "conflict",
  })
}
