import { expect, test } from "vitest"
import { Drafts, type DraftStorage } from "../src/editing/drafts.ts"
import { initialEditState, pendingWrite, shownText } from "../src/editing/edit-state.ts"

function memory(): DraftStorage & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>()
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  }
}

const comment = { dataset: "shop.orders", id: "shop.orders", field: "comment" }

test("C340 what is typed is kept at each keystroke over a new page, until it is committed or taken back", () => {
  const storage = memory()
  new Drafts(storage, "w").keep(comment, { base: "old", text: "half a sen" })
  const later = new Drafts(storage, "w")
  expect(later.get(comment)).toMatchObject({ base: "old", text: "half a sen" })
  expect(later.left().map(({ text }) => text)).toEqual(["half a sen"])
  expect(new Drafts(storage, "other").left()).toEqual([])
  let told = 0
  later.onLeft(() => (told += 1))
  later.keep(comment, { base: "old", text: "half a sentence" })
  expect(later.left()).toHaveLength(1)
  later.drop(comment)
  expect([told, later.left().length, storage.kept.size]).toEqual([1, 0, 0])
})

test("C340 a draft that is left is edited on: what others wrote meanwhile is told, and an equal one is none", () => {
  const kept = { base: "old", text: "mine" }
  const state = initialEditState({ stored: "theirs", kept })
  expect([shownText(state), pendingWrite(state)]).toEqual(["mine", "mine"])
  expect(initialEditState({ stored: "mine", kept }).name).toBe("viewing")
  expect(initialEditState({ stored: "old" }).name).toBe("viewing")
})

test("C341 a storage that refuses or holds something else costs nobody the page, and drafts are bounded", () => {
  const refusing: DraftStorage = {
    getItem: () => '[1, {"place": null}, {"place": {}, "base": 1, "text": "x"}]',
    setItem: () => {
      throw new Error("full")
    },
    removeItem: () => {},
  }
  const drafts = new Drafts(refusing, "w")
  expect(drafts.left()).toEqual([])
  for (let at = 0; at < 300; at += 1) drafts.keep({ ...comment, field: `f${at}` }, { base: "", text: `${at}` })
  expect(drafts.get({ ...comment, field: "f299" })?.text).toBe("299")
  expect(drafts.get({ ...comment, field: "f0" })).toBeUndefined()
})
