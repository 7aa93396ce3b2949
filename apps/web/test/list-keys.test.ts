import { expect, test } from "vitest"
import { listAction } from "../src/datasets/list-keys.ts"

test("W8 list keys move within the list and never out of it", () => {
  const at = (index: number): { index: number; count: number; page: number } => ({ index, count: 100, page: 10 })
  expect(listAction("ArrowDown", at(3))).toEqual({ name: "move", to: 4 })
  expect(listAction("ArrowDown", at(99))).toEqual({ name: "move", to: 99 })
  expect(listAction("ArrowUp", at(3))).toEqual({ name: "move", to: 2 })
  expect(listAction("ArrowUp", at(0))).toEqual({ name: "filter" })
  expect(listAction("PageDown", at(95))).toEqual({ name: "move", to: 99 })
  expect(listAction("PageUp", at(4))).toEqual({ name: "move", to: 0 })
  expect(listAction("Home", at(40))).toEqual({ name: "move", to: 0 })
  expect(listAction("End", at(40))).toEqual({ name: "move", to: 99 })
  expect(listAction("Enter", at(40))).toEqual({ name: "open" })
  expect(listAction("Delete", at(40))).toEqual({ name: "delete" })
  expect(listAction("q", at(40))).toBeUndefined()
})

test("W8 an empty list has nothing to move to, open or delete, but can create", () => {
  const empty = { index: 0, count: 0, page: 10 }
  for (const key of ["ArrowDown", "PageDown", "PageUp", "Home", "End", "Enter", "Delete"]) {
    expect(listAction(key, empty)).toBeUndefined()
  }
  expect(listAction("n", empty)).toEqual({ name: "create" })
})
