import { describe, expect, test } from "vitest"
import { judged } from "../src/row.ts"
import { median, percentile } from "../src/stats.ts"
import { tableOf } from "../src/table.ts"

const row = { name: "a", peer: "b", unit: "ms", ours: 11, theirs: 10, goal: "<=1.1" }

describe("a row", () => {
  test("has the ratio ours to theirs, and meets a goal of the ratio up to the limit itself", () => {
    expect(judged(row)).toEqual({ ...row, ratio: 1.1, met: true })
    expect(judged({ ...row, ours: 12 }).met).toBe(false)
    expect(judged({ ...row, goal: ">=2" }).met).toBe(false)
    expect(judged({ ...row, ours: 20, goal: ">=2" }).met).toBe(true)
  })

  test("meets a goal of our own figure whatever theirs is", () => {
    expect(judged({ ...row, theirs: null, goal: "ours<=11" })).toMatchObject({ ratio: null, met: true })
    expect(judged({ ...row, theirs: 0, goal: "ours<=10" })).toMatchObject({ ratio: null, met: false })
  })

  test("misses its goal where a figure is missing, and has no verdict without a goal", () => {
    expect(judged({ ...row, ours: null }).met).toBe(false)
    expect(judged({ ...row, theirs: null }).met).toBe(false)
    expect(judged({ ...row, goal: null }).met).toBe(null)
  })

  test("refuses a goal that it cannot read", () => {
    expect(() => judged({ ...row, goal: "faster" })).toThrow(/<=1.1/)
  })

  test("says in the table for people whether it was met", () => {
    const table = tableOf([judged(row), judged({ ...row, goal: ">=2" }), judged({ ...row, goal: null, ours: null })])
    expect(table.split("\n").map((line) => line.split(/\s{2,}/).at(-1))).toEqual(["goal", "met", "MISSED", "-", ""])
  })
})

test("a percentile is a value that occurred, a median of an even count lies between two", () => {
  expect(percentile([5, 1, 4, 2, 3], 0.5)).toBe(3)
  expect(percentile([1, 2, 3], 0.99)).toBe(3)
  expect(percentile([], 0.5)).toBeNaN()
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 2, 3])).toBe(2.5)
  expect(median([])).toBeNaN()
})
