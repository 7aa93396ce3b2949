import { canonicalJson } from "@millrace/model"
import { describe, expect, test } from "vitest"
import * as Y from "yjs"
import { AckLedger } from "../src/status/ack-ledger.ts"
import { type RecordKey, keyOf, refOf } from "../src/status/record-key.ts"
import { StatusBook } from "../src/status/status-book.ts"
import { StatusView } from "../src/status/status-view.ts"

function setUp() {
  const doc = new Y.Doc()
  const records: RecordKey[] = []
  const collections: string[] = []
  const view = new StatusView(doc, ({ watermarks, exceptions }) => {
    if (watermarks) book.setBindings(view.bindings())
    for (const key of exceptions) book.exceptionChanged(key)
  })
  const book = new StatusBook(view, {
    recordChanged: (key) => records.push(key),
    collectionChanged: (collection) => collections.push(collection),
  })
  const ledger = new AckLedger(book)
  book.setGeneration(1)
  book.restored()
  const watermark = (name: string, seq: number, taken: readonly string[] = ["datasets"], generation = 1): void => {
    const [target = "", binding = ""] = name.split("/")
    const entry = { target, binding, collections: taken, generation, bindingRevision: 1, seq }
    doc.getMap("watermarks").set(name, entry)
  }
  const except = (name: string, id: string, seq: number, kind = "rejected"): void => {
    const key = canonicalJson([...name.split("/"), "datasets", id])
    doc.getMap("exceptions").set(key, { kind, seq, version: 1, reason: "because", timeMs: 1 })
  }
  const lift = (name: string, id: string): void =>
    doc.getMap("exceptions").delete(canonicalJson([...name.split("/"), "datasets", id]))
  const state = (id: string): string => book.statusOf("datasets", id).state
  /** Record `id` edited here and acknowledged at `seq`. */
  let frame = 0
  const edit = (id: string, seq: number): void => {
    frame += 1
    ledger.local([keyOf("datasets", id)], frame)
    ledger.durable(frame, 0, seq)
  }
  return { doc, book, ledger, records, collections, watermark, except, lift, state, edit }
}

describe("C8 a record is its exception, or accepted once the watermark has passed its last touch, or pending", () => {
  test("waiting, then pending, then accepted", () => {
    const { ledger, watermark, state, book } = setUp()
    watermark("flume/f", 3)
    ledger.local([keyOf("datasets", "d")], undefined)
    expect(state("d")).toBe("waiting")
    expect(book.waiting).toBe(1)
    ledger.stepTwo(1)
    ledger.durable(1, 0, 5)
    expect(book.waiting).toBe(0)
    expect(book.statusOf("datasets", "d")).toMatchObject({ state: "pending", touchedSeq: 5 })
    watermark("flume/f", 4)
    expect(state("d")).toBe("pending")
    watermark("flume/f", 5)
    expect(state("d")).toBe("accepted")
  })

  test("an exception shows until it is lifted, a newer touch is pending before it", () => {
    const { watermark, except, lift, state, edit, book } = setUp()
    edit("d", 5)
    watermark("flume/f", 5)
    except("flume/f", "d", 5)
    expect(book.statusOf("datasets", "d").targets["flume/f"]).toEqual({ state: "rejected", reason: "because", seq: 5 })
    edit("d", 8)
    expect(state("d")).toBe("pending")
    except("flume/f", "d", 8, "parked")
    expect(state("d")).toBe("parked")
    watermark("flume/f", 9)
    expect(state("d")).toBe("parked")
    lift("flume/f", "d")
    expect(state("d")).toBe("accepted")
  })

  test("after a cold join an exception older than the join still stands once the watermark is past the join", () => {
    const { ledger, watermark, except, state } = setUp()
    ledger.remote([keyOf("datasets", "d"), keyOf("datasets", "e")], 1)
    ledger.durable(0, 1, 100)
    except("flume/f", "d", 40)
    watermark("flume/f", 99)
    expect([state("d"), state("e")]).toEqual(["pending", "pending"])
    watermark("flume/f", 100)
    expect([state("d"), state("e")]).toEqual(["rejected", "accepted"])
  })

  test("a watermark of another generation passes nothing", () => {
    const { watermark, state, edit } = setUp()
    edit("d", 5)
    watermark("flume/f", 50, ["datasets"], 2)
    expect(state("d")).toBe("pending")
  })

  test("a collection that no binding takes is durable, and pending from the moment that one does", () => {
    const { watermark, state, edit, collections } = setUp()
    edit("d", 5)
    expect(state("d")).toBe("durable")
    watermark("flume/f", 2)
    expect(state("d")).toBe("pending")
    expect(collections).toContain("datasets")
    watermark("flume/f", 5)
    expect(state("d")).toBe("accepted")
  })

  test("with two bindings the slower one decides", () => {
    const { watermark, state, edit, book } = setUp()
    watermark("flume/f", 4)
    watermark("files/x", 4)
    edit("d", 5)
    watermark("flume/f", 6)
    expect(state("d")).toBe("pending")
    expect(book.statusOf("datasets", "d").targets).toMatchObject({
      "flume/f": { state: "accepted" },
      "files/x": { state: "pending" },
    })
    watermark("files/x", 5)
    expect(state("d")).toBe("accepted")
  })

  test("a binding set back makes everything above it pending again", () => {
    const { watermark, state, edit, collections } = setUp()
    edit("d", 5)
    watermark("flume/f", 5)
    collections.length = 0
    watermark("flume/f", 1)
    expect(state("d")).toBe("pending")
    expect(collections).toEqual(["datasets"])
  })

  test("entries of unknown shape leave records pending", () => {
    const { doc, state, edit, watermark } = setUp()
    watermark("flume/f", 1)
    edit("d", 5)
    doc.getMap("watermarks").set("flume/f", { seq: "far" })
    doc.getMap("exceptions").set("no json", { kind: "rejected", seq: 9, reason: "" })
    expect(state("d")).toBe("durable")
    watermark("flume/f", 1)
    expect(state("d")).toBe("pending")
  })
})

test("C9 records below every watermark that concerns them are kept by none but their collection's floor", () => {
  const { book, ledger, watermark, records, collections } = setUp()
  const keys = Array.from({ length: 10_000 }, (_, i) => keyOf("datasets", `d${i}`))
  watermark("flume/f", 0)
  ledger.remote(keys, 1)
  ledger.durable(0, 1, 50)
  expect(book.size).toBe(10_000)
  watermark("flume/f", 50)
  expect(book.size).toBe(0)
  expect(book.floors).toEqual({ datasets: 50 })
  expect(book.statusOf("datasets", "d77").state).toBe("accepted")
  // From here on a moving watermark costs what was touched, not what there is.
  records.length = 0
  collections.length = 0
  ledger.local([keys[3] ?? "0:"], 1)
  ledger.durable(1, 1, 51)
  watermark("flume/f", 51)
  expect(new Set(records.map((key) => refOf(key).id))).toEqual(new Set(["d3"]))
  expect(collections).toEqual([])
})
