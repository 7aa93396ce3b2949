/**
 * One field being edited in place, as a total table of pure transitions.
 *
 * `stored` is what the record holds now, `base` what it held when typing began, `draft` what stands in the box. A
 * remote change moves `stored` alone: what somebody types is never overwritten, and the view can tell them.
 */
export type EditState =
  | { readonly name: "viewing"; readonly stored: string }
  | { readonly name: "editing"; readonly stored: string; readonly base: string; readonly draft: string }
  | {
      readonly name: "refused"
      readonly stored: string
      readonly base: string
      readonly draft: string
      readonly reason: string
    }

/**
 * `typed` by the person, `stored` when the record's value is (again) this one, `committed` after the write went
 * through or nothing was to be written, `refused` when validation said no, `reverted` by Escape.
 */
export type EditEvent =
  | { readonly name: "typed"; readonly draft: string }
  | { readonly name: "stored"; readonly value: string }
  | { readonly name: "committed" }
  | { readonly name: "refused"; readonly reason: string }
  | { readonly name: "reverted" }

export interface Beginning {
  readonly stored: string
  readonly kept?: { readonly base: string; readonly text: string } | undefined
}

type Named<T extends { readonly name: string }, N extends T["name"]> = Extract<T, { readonly name: N }>

type Transitions = {
  readonly [S in EditState["name"]]: {
    readonly [E in EditEvent["name"]]: (state: Named<EditState, S>, event: Named<EditEvent, E>) => EditState
  }
}

const viewing = (stored: string): EditState => ({ name: "viewing", stored })

const transitions: Transitions = {
  viewing: {
    typed: (state, event) => ({ name: "editing", stored: state.stored, base: state.stored, draft: event.draft }),
    stored: (state, event) => (event.value === state.stored ? state : viewing(event.value)),
    committed: (state) => state,
    // Nothing was typed, so there is no draft to keep: the value is the draft.
    refused: (state, event) => ({
      name: "refused",
      stored: state.stored,
      base: state.stored,
      draft: state.stored,
      reason: event.reason,
    }),
    reverted: (state) => state,
  },
  editing: {
    typed: (state, event) => ({ ...state, draft: event.draft }),
    stored: (state, event) => (event.value === state.stored ? state : { ...state, stored: event.value }),
    // Until the record's own change event arrives, what was just written is the best knowledge of it.
    committed: (state) => viewing(pendingWrite(state) ?? state.stored),
    refused: (state, event) => ({ ...state, name: "refused", reason: event.reason }),
    reverted: (state) => viewing(state.stored),
  },
  refused: {
    typed: (state, event) => ({
      name: "editing",
      stored: state.stored,
      base: state.base,
      draft: event.draft,
    }),
    stored: (state, event) => (event.value === state.stored ? state : { ...state, stored: event.value }),
    committed: (state) => viewing(pendingWrite(state) ?? state.stored),
    refused: (state, event) => ({ ...state, reason: event.reason }),
    reverted: (state) => viewing(state.stored),
  },
}

/** With a draft that an earlier page left, editing goes on where it was. */
export function initialEditState({ stored, kept }: Beginning): EditState {
  if (kept === undefined || kept.text === stored) return viewing(stored)
  return { name: "editing", stored, base: kept.base, draft: kept.text }
}

/** The next state; never throws, and returns the same object when nothing changed. */
export function nextEditState(state: EditState, event: EditEvent): EditState {
  const row = transitions[state.name] as Record<EditEvent["name"], (state: EditState, event: EditEvent) => EditState>
  return row[event.name](state, event)
}

/**
 * What a commit has to write, or undefined when there is nothing: an untouched draft never overwrites a remote change,
 * and a value that the record already holds is not written again.
 */
export function pendingWrite(state: EditState): string | undefined {
  if (state.name === "viewing") return undefined
  return state.draft === state.base || state.draft === state.stored ? undefined : state.draft
}

/** What the box shows. */
export function shownText(state: EditState): string {
  return state.name === "viewing" ? state.stored : state.draft
}

/** The value that somebody else gave the field while this person types, or undefined. */
export function changedElsewhere(state: EditState): string | undefined {
  if (state.name === "viewing") return undefined
  return state.stored === state.base || state.stored === state.draft ? undefined : state.stored
}
