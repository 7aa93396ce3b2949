import { messageOf } from "@millrace/ports"
import { useReducer } from "react"
import { useSession } from "../workspace/context.ts"
import type { DraftPlace } from "./drafts.ts"
import { changedElsewhere, initialEditState, nextEditState, pendingWrite, shownText } from "./edit-state.ts"

export interface FieldEdit {
  readonly text: string
  /** What somebody else stored while this person types. */
  readonly elsewhere: string | undefined
  /** Why the last commit was refused; the draft is kept. */
  readonly refusal: string | undefined
  readonly isDirty: boolean
  type(text: string): void
  /** Writes the draft if it differs; on a refusal keeps it and tells why. */
  commit(): void
  revert(): void
}

/**
 * One field edited in place: `value` is what the record holds, `write` stores a text or throws with a reason. What is typed is kept at each keystroke.
 */
export function useFieldEdit(value: string, place: DraftPlace, write: (text: string) => void): FieldEdit {
  const { drafts } = useSession()
  const [state, dispatch] = useReducer(nextEditState, value, (stored) =>
    initialEditState({ stored, kept: drafts.get(place) }),
  )
  // During render, so that no frame shows the old value; the state is the same object when the value is.
  if (state.stored !== value) dispatch({ name: "stored", value })
  return {
    text: shownText(state),
    elsewhere: changedElsewhere(state),
    refusal: state.name === "refused" ? state.reason : undefined,
    isDirty: state.name !== "viewing",
    type: (draft) => {
      drafts.keep(place, { base: state.name === "viewing" ? state.stored : state.base, text: draft })
      dispatch({ name: "typed", draft })
    },
    commit: () => {
      const draft = pendingWrite(state)
      try {
        if (draft !== undefined) write(draft)
        if (state.name !== "viewing") drafts.drop(place)
        dispatch({ name: "committed" })
      } catch (error) {
        dispatch({ name: "refused", reason: messageOf(error) })
      }
    },
    revert: () => {
      drafts.drop(place)
      dispatch({ name: "reverted" })
    },
  }
}
