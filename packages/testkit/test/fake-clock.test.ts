import { sleep } from "@millrace/ports"
import { expect, test } from "vitest"
import { fakeClock } from "../src/index.ts"

test("timers fire in order of time, then of setting, each at its own time", () => {
  const clock = fakeClock(1000)
  const fired: string[] = []
  const note = (name: string) => () => void fired.push(`${name}@${clock.nowMs()}`)
  clock.after(20, note("b"))
  clock.after(10, note("a"))
  clock.after(20, note("c"))
  clock.after(0, note("now"))
  clock.after(21, note("later"))
  expect(clock.nextAtMs).toBe(1000)
  clock.advance(20)
  expect(fired).toEqual(["now@1000", "a@1010", "b@1020", "c@1020"])
  expect([clock.nowMs(), clock.pending, clock.nextAtMs]).toEqual([1020, 1, 1021])
})

test("a timer set by a timer fires in the same advance when it falls due", () => {
  const clock = fakeClock(0)
  const fired: number[] = []
  const again = (): void => {
    fired.push(clock.nowMs())
    clock.after(5, again)
  }
  clock.after(5, again)
  clock.advance(17)
  expect(fired).toEqual([5, 10, 15])
  expect(clock.nowMs()).toBe(17)
})

test("a cancelled timer never fires, and cancelling twice is no error", () => {
  const clock = fakeClock()
  const timer = clock.after(5, () => expect.unreachable())
  timer.cancel()
  timer.cancel()
  clock.advance(10)
  expect(clock.pending).toBe(0)
})

test("advanceAndSettle lets promises set their next timer", async () => {
  const clock = fakeClock(0)
  const times: number[] = []
  const run = async (): Promise<void> => {
    for (let round = 0; round < 3; round++) {
      await sleep(clock, 10)
      times.push(clock.nowMs())
    }
  }
  const running = run()
  await clock.advanceAndSettle(100)
  await running
  expect(times).toEqual([10, 20, 30])
})
