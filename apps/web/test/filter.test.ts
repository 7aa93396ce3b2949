import { describe, expect, test } from "vitest"
import { haystackOf, matches, parseQuery } from "../src/datasets/filter.ts"

const haystack = haystackOf("sales.Orders", { database: "sales", comment: "Paid orders", owner: "Ada", external: true })
const finds = (text: string): boolean => matches(parseQuery(text), haystack, () => ["order_id", "customer_id"])

describe("W1 the filter looks at every text field and at column names", () => {
  test.each([
    "orders",
    "SALES.ord",
    "paid",
    "ada",
    "paid  ada",
    "",
    "column:customer",
    "paid column:order_id column:cust",
  ])("finds with %j", (text) => {
    expect(finds(text)).toBe(true)
  })
  test.each(["refunds", "paid bob", "column:price", "column:customer refunds", "true"])(
    "leaves out with %j",
    (text) => {
      expect(finds(text)).toBe(false)
    },
  )
  test("a column term that has no name yet asks nothing", () => {
    expect(finds("column:")).toBe(true)
  })
  test("column names are not asked for without a column term", () => {
    const names = (): never => {
      throw new Error("asked")
    }
    expect(matches(parseQuery("orders"), haystack, names)).toBe(true)
  })
})
