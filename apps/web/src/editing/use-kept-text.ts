import { useState } from "react"
import { useSession } from "../workspace/context.ts"
import type { DraftPlace } from "./drafts.ts"

/** The text of an input that makes something new, kept over a reload until it is set to nothing. */
export function useKeptText(place: DraftPlace): readonly [string, (text: string) => void] {
  const { drafts } = useSession()
  const [text, setText] = useState(() => drafts.get(place)?.text ?? "")
  const set = (next: string): void => {
    if (next === "") drafts.drop(place)
    else drafts.keep(place, { base: "", text: next })
    setText(next)
  }
  return [text, set]
}
