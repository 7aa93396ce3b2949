import assert from "node:assert/strict"
import type { Clock } from "@millrace/ports"
import type { On, StoreCase } from "./case.ts"
import { entry, refuses } from "./steps.ts"

/** What the port says of leases. */
export function leaseCases(on: On): readonly StoreCase[] {
  const cases = [
    on("a lease is one owner's until it runs out, and its token grows with every acquisition", async (_, subject) => {
      const time = handClock()
      const store = await subject.open(time)
      try {
        const first = await store.acquire("p0", "a", 1000)
        assert.deepEqual([first.name, first.owner, first.expiresAtMs], ["p0", "a", 1000])
        time.ms = 400
        await assert.rejects(store.acquire("p0", "b", 1000), { kind: "conflict", retry: { afterMs: 600 } })
        assert.equal((await store.acquire("p1", "b", 1000)).owner, "b")
        await first.renew()
        assert.equal(first.expiresAtMs, 1400)
        time.ms = 1399
        await refuses(store.acquire("p0", "b", 1000), "conflict")
        time.ms = 1400
        const second = await store.acquire("p0", "b", 1000)
        assert.ok(second.token > first.token)
        await refuses(first.renew(), "conflict")
        await first.release()
        await refuses(store.acquire("p0", "a", 1000), "conflict")
        const again = await store.acquire("p0", "b", 1000)
        assert.ok(again.token > second.token)
        await refuses(second.renew(), "conflict")
        await again.renew()
      } finally {
        await store.close()
      }
    }),

    on("a released lease is free at once, and tokens go on growing over reopening", async (store, subject) => {
      const first = await store.acquire("p0", "a", 60_000)
      await first.release()
      await first.release()
      await refuses(first.renew(), "conflict")
      const second = await store.acquire("p0", "b", 60_000)
      assert.ok(second.token > first.token)
      await store.close()
      await refuses(second.renew(), "closed")
      const again = await subject.open()
      try {
        await refuses(again.acquire("p0", "a", 60_000), "conflict")
        const third = await again.acquire("p0", "b", 60_000)
        assert.ok(third.token > second.token)
      } finally {
        await again.close()
      }
    }),

    on("of many who want a lease at once exactly one gets it", async (store) => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) => store.acquire("p0", `owner ${index}`, 60_000)),
      )
      assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1)
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") assert.equal((outcome.reason as { kind?: unknown }).kind, "conflict")
      }
    }),

    on("a lease without owner, name or time is invalid", async (store) => {
      await refuses(store.acquire("p0", "", 1000), "invalid")
      await refuses(store.acquire("", "a", 1000), "invalid")
      for (const ttlMs of [0, -1, Number.NaN]) await refuses(store.acquire("p0", "a", ttlMs), "invalid")
    }),

    on(
      "who got the lease appends first, and a former holder that wakes up is fenced by expectedSeq",
      async (_, subject) => {
        const time = handClock()
        const store = await subject.open(time)
        try {
          await store.acquire("p0", "a", 1000)
          const knownToFormer = await store.append("journal", [entry("a at work")], 0)
          time.ms = 5000
          const lease = await store.acquire("p0", "b", 1000)
          const head = await store.head("journal")
          await store.append("journal", [entry(`token ${lease.token}`)], head)
          await refuses(store.append("journal", [entry("a wakes up")], knownToFormer), "conflict")
          assert.equal(await store.head("journal"), 2)
        } finally {
          await store.close()
        }
      },
    ),
  ]
  return cases.map((one) => ({ topic: "leases", ...one }))
}

/** Stands at `ms` until it is set; nothing here waits for its timers. */
function handClock(): Clock & { ms: number } {
  const clock = {
    ms: 0,
    nowMs: (): number => clock.ms,
    after: (): { cancel(): void } => ({ cancel: () => {} }),
  }
  return clock
}
