import { readFileSync } from "node:fs"
import { join } from "node:path"
import { spawnNode, tempDir } from "@millrace/testkit"
import { expect, test, vi } from "vitest"
import type { Campaign } from "../src/campaign.ts"
import { quantile } from "../src/figures.ts"
import { resultText, writeResult } from "../src/result.ts"
import { readSettings } from "../src/settings.ts"

const campaign: Campaign = {
  name: "one",
  about: "what a round is",
  defaultRounds: 7,
  run: () => Promise.reject(new Error("not here")),
}

test("settings have defaults, and what is no setting is refused with exit code 64", () => {
  const printed = vi.spyOn(process.stderr, "write").mockReturnValue(true)
  const read = (...args: string[]): unknown => readSettings(args, [campaign], "results", 5)
  expect(read("one")).toEqual({ campaign, settings: { rounds: 7, seed: 5, out: "results" } })
  expect(read("one", "--rounds", "3", "--seed", "9", "--out", "x")).toMatchObject({
    settings: { rounds: 3, seed: 9, out: "x" },
  })
  for (const wrong of [["one", "--rounds", "0"], ["one", "--rounds", "many"], ["two"], ["one", "--what"]]) {
    expect(read(...wrong), wrong.join(" ")).toBe(64)
  }
  printed.mockRestore()
})

test("a result names seed, commit and figures; partial and problems stand there only when there is something to say", () => {
  const head = { name: "one", seed: 5, startedAt: "2026-01-01T00:00:00.000Z", durationS: 3, partial: false }
  const outcome = { counts: { rounds: 7 }, figures: { ms: 1.5 }, problems: [] }
  const whole = JSON.parse(resultText(head, "abc", outcome)) as object
  expect(Object.keys(whole)).toEqual(["name", "seed", "commit", "startedAt", "durationS", "counts", "figures"])
  const cut = JSON.parse(resultText({ ...head, partial: true }, "abc", { ...outcome, problems: ["p"] })) as object
  expect(cut).toMatchObject({ partial: true, problems: ["p"] })
  const path = writeResult(join(tempDir("soak"), "deep/results"), "one", "text")
  expect(readFileSync(path, "utf8")).toBe("text")
})

test("quantiles are of the values that there are", () => {
  expect([quantile([], 0.5), quantile([3, 1, 2], 0.5), quantile([3, 1, 2], 0.99)]).toEqual([0, 2, 3])
})

test("a campaign that is interrupted leaves a partial result and exit code 130", { timeout: 120_000 }, async () => {
  const out = tempDir("soak")
  const main = join(import.meta.dirname, "../src/main.ts")
  const args = ["frames", "--rounds", "1000000", "--out", out]
  const running = await spawnNode(main, { args, readyLine: /frames: 1000000 rounds/ })
  running.signal("SIGINT")
  expect(await running.exited).toEqual({ code: 130, signal: null })
  expect(JSON.parse(readFileSync(join(out, "frames.json"), "utf8"))).toMatchObject({ name: "frames", partial: true })
})
