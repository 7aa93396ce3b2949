import { MillraceError } from "@millrace/ports"
import { describe, expect, test } from "vitest"
import { AckLedger, type Side, type TouchBook } from "../src/status/ack-ledger.ts"
import { type RecordKey, keyOf } from "../src/status/record-key.ts"

const a = keyOf("c", "a")
const b = keyOf("c", "b")

class Book implements TouchBook {
  readonly open = new Map<string, number>()
  readonly seqs = new Map<RecordKey, number>()
  edits = 0
  opened(key: RecordKey, side: Side): void {
    this.#count(key, side, 1)
  }
  edited(): void {
    this.edits += 1
  }
  merged(key: RecordKey, side: Side): void {
    this.#count(key, side, -1)
  }
  closed(key: RecordKey, side: Side, seq: number): void {
    this.#count(key, side, -1)
    this.seqs.set(key, seq)
  }
  #count(key: RecordKey, side: Side, by: number): void {
    const count = (this.open.get(`${side} ${key}`) ?? 0) + by
    if (count === 0) this.open.delete(`${side} ${key}`)
    else this.open.set(`${side} ${key}`, count)
  }
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const marker = {}
  return (await Promise.race([promise.catch(() => {}), Promise.resolve(marker)])) !== marker
}

describe("C4 an ack of n frames covers the updates of those frames and no other", () => {
  test("frames are acknowledged in order, each with the seq that was told", async () => {
    const book = new Book()
    const ledger = new AckLedger(book)
    ledger.stepTwo(1)
    ledger.local([a], 2)
    const first = ledger.flushed()
    ledger.local([b], 3)
    const second = ledger.flushed()
    ledger.durable(1, 0, 4)
    expect(await isSettled(first)).toBe(false)
    ledger.durable(2, 0, 5)
    expect(await first).toEqual({ seq: 5 })
    expect(await isSettled(second)).toBe(false)
    expect([...book.open.keys()]).toEqual([`local ${b}`])
    ledger.durable(3, 0, 9)
    expect(await second).toEqual({ seq: 9 })
    expect(ledger.settled).toBe(true)
    expect(ledger.seq).toBe(9)
  })

  test("what was written before the channel opened waits for the step 2, not for an earlier frame", async () => {
    const book = new Book()
    const ledger = new AckLedger(book)
    ledger.local([a], undefined)
    const before = ledger.flushed()
    ledger.local([b], 1)
    ledger.durable(1, 0, 1)
    expect(await isSettled(before)).toBe(false)
    expect([...book.open.keys()]).toEqual([`local ${a}`])
    ledger.stepTwo(2)
    ledger.durable(2, 0, 2)
    expect(await before).toEqual({ seq: 2 })
  })

  test("frames under way when the channel is lost wait for the next step 2, whatever the new counts say", async () => {
    const book = new Book()
    const ledger = new AckLedger(book)
    ledger.stepTwo(1)
    ledger.local([a], 2)
    ledger.local([a, b], 3)
    ledger.remote([b], 1)
    const all = ledger.flushed()
    ledger.lost()
    expect(book.open).toEqual(
      new Map([
        [`local ${a}`, 1],
        [`local ${b}`, 1],
        [`remote ${b}`, 1],
      ]),
    )
    ledger.local([a], 1)
    ledger.durable(1, 1, 7)
    expect(await isSettled(all)).toBe(false)
    expect(book.open.get(`local ${a}`)).toBe(1)
    ledger.stepTwo(2)
    ledger.durable(2, 1, 8)
    expect(await all).toEqual({ seq: 8 })
    expect(book.open.size).toBe(0)
  })

  test("frames from the relay are covered by the other count", () => {
    const book = new Book()
    const ledger = new AckLedger(book)
    ledger.remote([a], 1)
    ledger.remote([b], 2)
    ledger.durable(5, 1, 3)
    expect([...book.open.keys()]).toEqual([`remote ${b}`])
    ledger.durable(5, 2, 4)
    expect(book.seqs).toEqual(
      new Map([
        [a, 3],
        [b, 4],
      ]),
    )
  })

  test("offline edits of one record are one entry, each counted as an edit", () => {
    const book = new Book()
    const ledger = new AckLedger(book)
    for (let i = 0; i < 1_000; i += 1) ledger.local([a], undefined)
    expect(book.open).toEqual(new Map([[`local ${a}`, 1]]))
    expect(book.edits).toBe(999)
  })

  test("with nothing to wait for, the last seq is the answer", async () => {
    const ledger = new AckLedger(new Book())
    ledger.raiseSeq(12)
    expect(await ledger.flushed()).toEqual({ seq: 12 })
  })

  test("after a refusal for good every promise rejects and every touch stays", async () => {
    const book = new Book()
    const ledger = new AckLedger(book)
    ledger.local([a], undefined)
    const before = ledger.flushed()
    ledger.fail(new MillraceError("no", { kind: "forbidden" }))
    await expect(before).rejects.toMatchObject({ kind: "forbidden" })
    ledger.local([b], undefined)
    await expect(ledger.flushed()).rejects.toMatchObject({ kind: "forbidden" })
    expect(book.open.size).toBe(2)
  })
})

test("C4 names of records keep collection and id apart, whatever characters they have", () => {
  const names = [
    ["a", "b:c"],
    ["a:b", "c"],
    ["", "x"],
    ["1:a", ""],
    ["é", "𝄞"],
  ] as const
  expect(new Set(names.map(([collection, id]) => keyOf(collection, id))).size).toBe(names.length)
})
