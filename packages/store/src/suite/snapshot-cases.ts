import assert from "node:assert/strict"
import type { Store } from "../store.ts"
import type { On, StoreCase } from "./case.ts"
import { bytes, entry, readAll, refuses, text } from "./steps.ts"

/** What the port says of snapshots, trims and history. */
export function snapshotCases(on: On): readonly StoreCase[] {
  const cases = [
    on("a snapshot comes back whole and a later one replaces it; the entries stay", async (store) => {
      await fill(store, "s", 5)
      assert.equal(await store.readSnapshot("s"), undefined)
      for (const [seq, size] of [
        [2, 0],
        [3, 65_537],
        [3, 700_001],
        [5, 1],
      ] as const) {
        const payload = Uint8Array.from({ length: size }, (_, index) => (index * 7 + size) & 255)
        await store.snapshot("s", seq, payload)
        const read = await store.readSnapshot("s")
        assert.equal(read?.seq, seq)
        assert.equal(Buffer.compare(read.payload, payload), 0)
      }
      assert.equal((await readAll(store, "s", 0)).length, 5)
      assert.equal(await store.readSnapshot("t"), undefined)
    }),

    on("a snapshot of no seq of the stream is invalid, one older than what is there a conflict", async (store) => {
      await fill(store, "s", 3)
      for (const seq of [0, 4, 1.5, -1, Number.NaN]) await refuses(store.snapshot("s", seq, bytes("x")), "invalid")
      await refuses(store.snapshot("none", 1, bytes("x")), "invalid")
      await store.snapshot("s", 2, bytes("two"))
      await refuses(store.snapshot("s", 1, bytes("one")), "conflict")
      const read = await store.readSnapshot("s")
      assert.deepEqual([read?.seq, text(read?.payload ?? bytes(""))], [2, "two"])
    }),

    on("of snapshots made at once one whole one is there, and trimming is possible up to it", async (store) => {
      await fill(store, "s", 9)
      const sizes = [300_000, 400_000, 500_000]
      const outcomes = await Promise.allSettled(
        sizes.map((size, index) => store.snapshot("s", 7 + index, new Uint8Array(size).fill(index))),
      )
      assert.ok(outcomes.some(({ status }) => status === "fulfilled"))
      const read = await store.readSnapshot("s")
      const index = sizes.indexOf(read?.payload.length ?? 0)
      assert.equal(read?.seq, 7 + index)
      assert.ok(read.payload.every((byte) => byte === index))
      assert.equal(outcomes[index]?.status, "fulfilled")
      assert.equal(await store.trim("s", read.seq), read.seq)
    }),

    on("trim drops payloads up to the snapshot's seq at most, and what follows is read as before", async (store) => {
      await fill(store, "s", 10, 150_000)
      await refuses(store.trim("s", 1), "invalid")
      assert.equal(await store.trim("s", 0), 0)
      await store.snapshot("s", 6, bytes("six"))
      await refuses(store.trim("s", 7), "invalid")
      assert.equal(await store.trimmed("s"), 0)
      assert.equal(await store.trim("s", 4), 4)
      assert.equal(await store.trim("s", 2), 4)
      assert.equal(await store.trimmed("s"), 4)
      assert.deepEqual(
        (await readAll(store, "s", 4)).map(({ seq, payload }) => [seq, payload.length]),
        [5, 6, 7, 8, 9, 10].map((seq) => [seq, 150_000]),
      )
      assert.equal(await store.head("s"), 10)
      assert.equal(await store.append("s", [entry("k")], 10), 11)
      assert.equal(await store.trimmed("t"), 0)
    }),

    on("reading what was trimmed is not-found, also when it is trimmed under the reader", async (store) => {
      await fill(store, "s", 6)
      const reading = store.read("s", 1)[Symbol.asyncIterator]()
      assert.equal((await reading.next()).value?.seq, 2)
      await store.snapshot("s", 5, bytes("five"))
      await store.trim("s", 5)
      await refuses(reading.next(), "not-found")
      for (const afterSeq of [0, 4]) await refuses(readAll(store, "s", afterSeq), "not-found")
      assert.deepEqual(
        (await readAll(store, "s", 5)).map(({ seq }) => seq),
        [6],
      )
    }),

    on("history tells seq, generation, author, time and bytes of every entry, trimmed or not", async (store) => {
      const given = Array.from({ length: 700 }, (_, index) => ({
        payload: new Uint8Array(index),
        generation: 2,
        author: `änne ${index}`,
        timeMs: 1000 + index,
      }))
      await store.append("s", given)
      const expected = given.map(({ payload, ...rest }, index) => ({ seq: index + 1, ...rest, bytes: payload.length }))
      assert.deepEqual(await store.history("s", 0, 1000), expected)
      await store.snapshot("s", 650, bytes("x"))
      assert.equal(await store.trim("s", 650), 650)
      assert.deepEqual(await store.history("s", 0, 1000), expected)
      assert.deepEqual(await store.history("s", 640, 20), expected.slice(640, 660))
      assert.deepEqual(await store.history("s", 700, 20), [])
      assert.deepEqual(await store.history("none", 0, 20), [])
    }),

    on("snapshots and trims are there after the store was opened again", async (store, subject) => {
      await fill(store, "s", 4)
      await store.snapshot("s", 3, bytes("three"))
      await store.trim("s", 2)
      await store.close()
      const again = await subject.open()
      try {
        assert.equal((await again.readSnapshot("s"))?.seq, 3)
        assert.equal(await again.trimmed("s"), 2)
        assert.deepEqual(
          (await readAll(again, "s", 2)).map(({ seq }) => seq),
          [3, 4],
        )
        assert.equal(await again.trim("s", 3), 3)
      } finally {
        await again.close()
      }
    }),

    on("close waits for snapshots and trims, later ones are refused as closed", async (store, subject) => {
      await fill(store, "s", 3)
      const under = store.snapshot("s", 3, new Uint8Array(500_000))
      await store.close()
      await under
      await refuses(store.snapshot("s", 3, bytes("x")), "closed")
      await refuses(store.readSnapshot("s"), "closed")
      await refuses(store.trim("s", 1), "closed")
      await refuses(store.trimmed("s"), "closed")
      await refuses(store.history("s", 0, 1), "closed")
      await refuses(store.acquire("l", "a", 1), "closed")
      const again = await subject.open()
      assert.equal((await again.readSnapshot("s"))?.payload.length, 500_000)
      await again.close()
    }),
  ]
  return cases.map((one) => ({ topic: "snapshots", ...one }))
}

async function fill(store: Store, stream: string, count: number, size: number = 3): Promise<void> {
  await store.append(
    stream,
    Array.from({ length: count }, (_, index) => ({ ...entry(""), payload: new Uint8Array(size).fill(index) })),
  )
}
