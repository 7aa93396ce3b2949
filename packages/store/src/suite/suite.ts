import assert from "node:assert/strict"
import type { StoredEntry, StreamHead } from "../store.ts"
import { type On, type StoreCase, type Subject } from "./case.ts"
import { leaseCases } from "./lease-cases.ts"
import { snapshotCases } from "./snapshot-cases.ts"
import { bytes, entry, listAll, plain, readAll, refuses, text } from "./steps.ts"

/** Names that no driver may confuse, shorten or refuse. */
const hostileNames: readonly string[] = [
  "log/a@1",
  "log/a@10",
  "log/a~status@1",
  "log/A@1",
  "a",
  "a/",
  "a\u0000b",
  "..",
  "*",
  ">",
  "äöü ßẞ",
  "日本",
  "👩‍🚀",
  " ",
  "x".repeat(500),
]

/** The contract of a store, as cases for any test runner; each works at a new place from `newSubject`. */
export function storeSuite(newSubject: () => Promise<Subject>): readonly StoreCase[] {
  const on: On = (title, body) => ({
    title,
    run: async () => {
      const subject = await newSubject()
      const store = await subject.open()
      try {
        await body(store, subject)
      } finally {
        await store.close()
      }
    },
  })
  const streams = [
    on("an append resolves with the last seq, which counts from 1 without a gap", async (store) => {
      assert.equal(await store.append("s", [entry("a")]), 1)
      assert.equal(await store.append("s", [entry("b"), entry("c")]), 3)
      assert.deepEqual(
        (await readAll(store, "s", 0)).map(({ seq }) => seq),
        [1, 2, 3],
      )
      assert.equal(await store.head("s"), 3)
    }),

    on("an entry comes back as it was given", async (store) => {
      const given = { payload: bytes("x"), generation: 3, author: "änne \u{1f680}", timeMs: 1_700_000_000_123 }
      await store.append("s", [given, { ...given, author: "", payload: new Uint8Array() }])
      const [first, second] = await readAll(store, "s", 0)
      assert.deepEqual(plain(first), { seq: 1, ...given })
      assert.deepEqual(plain(second), { seq: 2, ...given, author: "", payload: new Uint8Array() })
    }),

    on("reading begins behind afterSeq and ends at the head of the time of the call", async (store) => {
      await store.append("s", [entry("a"), entry("b"), entry("c")])
      const reading = store.read("s", 1)[Symbol.asyncIterator]()
      const first = await reading.next()
      await store.append("s", [entry("d")])
      assert.equal((first.value as StoredEntry).seq, 2)
      assert.equal(((await reading.next()).value as StoredEntry).seq, 3)
      assert.equal((await reading.next()).done, true)
      assert.deepEqual(await readAll(store, "s", 4), [])
      assert.deepEqual(await readAll(store, "s", 99), [])
    }),

    on("a stream that does not exist is empty", async (store) => {
      assert.equal(await store.head("none"), 0)
      assert.deepEqual(await readAll(store, "none", 0), [])
    }),

    on("calls on one stream take effect in the order of the calls, however many are under way", async (store) => {
      const calls = Array.from({ length: 200 }, (_, index) => store.append("s", [entry(String(index))]))
      assert.deepEqual(
        await Promise.all(calls),
        Array.from({ length: 200 }, (_, index) => index + 1),
      )
      const texts = (await readAll(store, "s", 0)).map(({ payload }) => text(payload))
      assert.deepEqual(
        texts,
        Array.from({ length: 200 }, (_, index) => String(index)),
      )
    }),

    on("many streams grow at once, each with its own seq", async (store) => {
      const streams = Array.from({ length: 40 }, (_, index) => `s${index}`)
      await Promise.all(
        streams.flatMap((stream) => [1, 2, 3].map((n) => store.append(stream, [entry(`${stream}-${n}`)]))),
      )
      for (const stream of streams) {
        const texts = (await readAll(store, stream, 0)).map(({ payload }) => text(payload))
        assert.deepEqual(texts, [`${stream}-1`, `${stream}-2`, `${stream}-3`])
      }
    }),

    on("expectedSeq is a fence: another last seq is a conflict and nothing of the call is written", async (store) => {
      assert.equal(await store.append("s", [entry("a")], 0), 1)
      await refuses(store.append("s", [entry("b")], 0), "conflict")
      await refuses(store.append("s", [entry("b")], 2), "conflict")
      assert.equal(await store.append("s", [entry("c")], 1), 2)
      assert.deepEqual(
        (await readAll(store, "s", 0)).map(({ payload }) => text(payload)),
        ["a", "c"],
      )
    }),

    on("of two calls at once with one expectedSeq exactly one is taken", async (store) => {
      const outcomes = await Promise.allSettled([
        store.append("s", [entry("a")], 0),
        store.append("s", [entry("b")], 0),
      ])
      assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"])
      assert.equal(await store.head("s"), 1)
    }),

    on("a chain of calls with the right expectedSeq needs no waiting in between", async (store) => {
      await Promise.all([0, 1, 2, 3].map((seq) => store.append("s", [entry(String(seq))], seq)))
      assert.equal(await store.head("s"), 4)
    }),

    on("a payload of any size comes back whole", async (store) => {
      const sizes = [0, 1, 511, 65_535, 65_536, 65_537, 1_048_576, 5_000_001]
      const payloads = sizes.map((size) => Uint8Array.from({ length: size }, (_, index) => (index * 31 + size) & 255))
      await store.append(
        "s",
        payloads.map((payload) => ({ ...entry(""), payload })),
      )
      const read = await readAll(store, "s", 0)
      assert.deepEqual(
        read.map(({ payload }) => Buffer.compare(payload, payloads[sizes.indexOf(payload.length)] ?? bytes("no"))),
        sizes.map(() => 0),
      )
    }),

    on("what a caller does to its arrays after the append does not change what is stored", async (store) => {
      const payload = bytes("before")
      await store.append("s", [{ ...entry(""), payload }])
      payload.fill(0)
      assert.deepEqual(
        (await readAll(store, "s", 0)).map((one) => text(one.payload)),
        ["before"],
      )
    }),

    on(
      "any stream name is kept apart from every other, and streams lists those with a prefix, sorted",
      async (store) => {
        for (const [index, name] of hostileNames.entries())
          await store.append(name, [entry(name), entry(String(index))])
        for (const name of hostileNames) {
          assert.deepEqual((await readAll(store, name, 0)).map(({ payload }) => text(payload))[0], name)
        }
        const all = await listAll(store, "")
        assert.deepEqual(new Set(all.map(({ stream }) => stream)), new Set(hostileNames))
        assert.ok(all.every(({ seq }) => seq === 2))
        assert.deepEqual(
          (await listAll(store, "log/a")).map(({ stream }) => stream),
          ["log/a@1", "log/a@10", "log/a~status@1"],
        )
        assert.deepEqual(await listAll(store, "log/a@2"), [])
      },
    ),

    on("an empty append and an impossible name are refused as invalid", async (store) => {
      await refuses(store.append("s", []), "invalid")
      await refuses(store.append("", [entry("a")]), "invalid")
      await refuses(store.append("\ud800", [entry("a")]), "invalid")
      assert.deepEqual(await listAll(store, ""), [])
    }),

    on("watch tells every durable append below its prefix, after it is readable, until it is ended", async (store) => {
      const told: StreamHead[] = []
      const end = store.watch("log/", (head) => told.push(head))
      await store.append("log/a@1", [entry("a")])
      await store.append("other", [entry("a")])
      await store.append("log/a@1", [entry("b"), entry("c")])
      await store.append("log/b@1", [entry("d")])
      end()
      end()
      await store.append("log/a@1", [entry("e")])
      assert.deepEqual(told, [
        { stream: "log/a@1", seq: 1 },
        { stream: "log/a@1", seq: 3 },
        { stream: "log/b@1", seq: 1 },
      ])
    }),

    on("what was appended is there after the store was closed and opened again", async (store, subject) => {
      await store.append("s", [entry("a"), { ...entry(""), payload: new Uint8Array(300_000).fill(7) }])
      await store.append("t", [entry("b")])
      await store.close()
      const again = await subject.open()
      try {
        assert.deepEqual(
          (await readAll(again, "s", 0)).map(({ seq, payload }) => [seq, payload.length]),
          [
            [1, 1],
            [2, 300_000],
          ],
        )
        assert.deepEqual(await listAll(again, ""), [
          { stream: "s", seq: 2 },
          { stream: "t", seq: 1 },
        ])
        assert.equal(await again.append("s", [entry("c")], 2), 3)
      } finally {
        await again.close()
      }
    }),

    on("close waits for what is under way, is idempotent, and later calls are refused as closed", async (store) => {
      const under = store.append("s", [entry("a")])
      await store.close()
      await store.close()
      assert.equal(await under, 1)
      await refuses(store.append("s", [entry("b")]), "closed")
      await refuses(store.head("s"), "closed")
      await refuses(readAll(store, "s", 0), "closed")
      await refuses(listAll(store, ""), "closed")
    }),
  ]
  return [...streams.map((one) => ({ topic: "streams" as const, ...one })), ...snapshotCases(on), ...leaseCases(on)]
}
