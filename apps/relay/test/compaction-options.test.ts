import { defaultCompaction } from "@millrace/relay"
import { expect, test } from "vitest"
import { compactionOptions } from "../src/compaction-options.ts"
import { readSettings } from "../src/settings.ts"

test("R408 every setting of compaction has a flag, a variable, a default and a help; a wrong value is refused", () => {
  const { build, ...settings } = defaultCompaction
  expect(build).not.toBe("")
  expect(readSettings([]).compaction).toEqual(settings)
  expect(compactionOptions()).toHaveLength(Object.keys(settings).length)
  for (const option of compactionOptions()) {
    const flag = option.long ?? ""
    expect(option.envVar).toBe(`MILLRACE_RELAY_${flag.slice(2).replaceAll("-", "_").toUpperCase()}`)
    expect(option.description).not.toBe("")
  }
  const given = readSettings(["--compact-entries", "7", "--compact-keep-bytes", "0", "--compact-rest-factor", "3"])
  expect(given.compaction).toEqual({ ...settings, entries: 7, keepBytes: 0, restFactor: 3 })
  for (const wrong of [
    ["--compact-entries", "0"],
    ["--compact-bytes", "many"],
    ["--compact-max-memory-mb", "1"],
  ]) {
    expect(() => readSettings(wrong)).toThrow(expect.objectContaining({ exitCode: 1 }) as Error)
  }
})
