import { describe, expect, test } from "vitest"
import {
  changedElsewhere,
  type EditEvent,
  type EditState,
  initialEditState,
  nextEditState,
  pendingWrite,
  shownText,
} from "../src/editing/edit-state.ts"

const states: readonly EditState[] = [
  { name: "viewing", stored: "a" },
  { name: "editing", stored: "a", base: "a", draft: "b" },
  { name: "editing", stored: "c", base: "a", draft: "b" },
  { name: "refused", stored: "a", base: "a", draft: "b", reason: "no" },
]
const events: readonly EditEvent[] = [
  { name: "typed", draft: "x" },
  { name: "stored", value: "y" },
  { name: "committed" },
  { name: "refused", reason: "bad" },
  { name: "reverted" },
]

function run(...events: readonly EditEvent[]): EditState {
  return events.reduce(nextEditState, initialEditState({ stored: "a" }))
}

test("W4 every state has a transition for every event, pure and without a throw", () => {
  for (const state of states) {
    for (const event of events) {
      const frozen = Object.freeze({ ...state })
      expect(["viewing", "editing", "refused"]).toContain(nextEditState(frozen, event).name)
    }
  }
})

describe("W5 a remote change never overwrites what somebody types", () => {
  test("the draft stays, the person is told, Escape takes theirs", () => {
    const state = run({ name: "typed", draft: "mine" }, { name: "stored", value: "theirs" })
    expect(shownText(state)).toBe("mine")
    expect(changedElsewhere(state)).toBe("theirs")
    expect(shownText(nextEditState(state, { name: "reverted" }))).toBe("theirs")
  })
  test("a box that nobody types in shows the remote change", () => {
    expect(shownText(run({ name: "stored", value: "theirs" }))).toBe("theirs")
  })
  test("the same value typed and stored elsewhere is no reason for a hint", () => {
    expect(changedElsewhere(run({ name: "typed", draft: "x" }, { name: "stored", value: "x" }))).toBeUndefined()
  })
})

describe("W6 a commit writes what was changed and nothing else", () => {
  test("a changed draft is written, over a remote change too", () => {
    expect(pendingWrite(run({ name: "typed", draft: "b" }))).toBe("b")
    expect(pendingWrite(run({ name: "typed", draft: "b" }, { name: "stored", value: "c" }))).toBe("b")
  })
  test("nothing typed, typed back, or stored already: nothing to write", () => {
    expect(pendingWrite(run())).toBeUndefined()
    expect(pendingWrite(run({ name: "typed", draft: "b" }, { name: "typed", draft: "a" }))).toBeUndefined()
    expect(pendingWrite(run({ name: "typed", draft: "b" }, { name: "stored", value: "b" }))).toBeUndefined()
  })
  test("typed back after a remote change: the remote change stands", () => {
    const state = run(
      { name: "typed", draft: "b" },
      { name: "stored", value: "c" },
      { name: "typed", draft: "a" },
      { name: "committed" },
    )
    expect(shownText(state)).toBe("c")
  })
})

test("W7 a refused write keeps the draft with the reason until it is changed or taken back", () => {
  const refused = run({ name: "typed", draft: "b" }, { name: "refused", reason: "too long" })
  expect(refused).toMatchObject({ name: "refused", draft: "b", reason: "too long" })
  expect(pendingWrite(refused)).toBe("b")
  expect(shownText(nextEditState(refused, { name: "stored", value: "c" }))).toBe("b")
  expect(nextEditState(refused, { name: "typed", draft: "bb" })).toMatchObject({ name: "editing", draft: "bb" })
  expect(nextEditState(refused, { name: "reverted" })).toEqual({ name: "viewing", stored: "a" })
})
