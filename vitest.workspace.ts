import type { TestProjectConfiguration } from "vitest/config"

/**
 * Every place where tests live, in the order in which data flows; the suffix says what a test needs:
 * `.test.ts` nothing, `.browser.test.ts` Chromium, `.real.test.ts` Java 17 and Maven, `.power.test.ts` root and loop
 * devices, `.corpus.test.ts` the corpus. A file with several needs all of them and runs in the suite of the last.
 * `tools/suites.ts` turns suffixes into suites, `tools/layers.test.ts` compares this list with the packages.
 */
const needing = ["**/*.browser.test.ts", "**/*.real.test.ts", "**/*.power.test.ts", "**/*.corpus.test.ts"]

function hermetic(name: string, root: string): TestProjectConfiguration {
  return { extends: true, test: { name, root, include: ["test/**/*.test.ts"], exclude: needing } }
}

function suite(name: string, include: readonly string[]): TestProjectConfiguration {
  return {
    extends: true,
    test: {
      name,
      root: ".",
      include: [...include],
      // Real servers and browsers share two cores: one file at a time.
      fileParallelism: false,
      testTimeout: 240_000,
      hookTimeout: 240_000,
    },
  }
}

export const projects: TestProjectConfiguration[] = [
  { extends: true, test: { name: "tools", root: "./tools", include: ["**/*.test.ts"] } },
  hermetic("ports", "./packages/ports"),
  hermetic("model", "./packages/model"),
  hermetic("indexeddb", "./packages/indexeddb"),
  hermetic("protocol", "./packages/protocol"),
  hermetic("client", "./packages/client"),
  hermetic("store", "./packages/store"),
  hermetic("relay", "./packages/relay"),
  hermetic("target", "./packages/target"),
  hermetic("target-files", "./packages/target-files"),
  hermetic("target-flume", "./packages/target-flume"),
  hermetic("projector", "./packages/projector"),
  hermetic("workspace", "./packages/workspace"),
  hermetic("config", "./packages/config"),
  hermetic("testkit", "./packages/testkit"),
  hermetic("app-relay", "./apps/relay"),
  hermetic("app-projector", "./apps/projector"),
  hermetic("web", "./apps/web"),
  hermetic("millrace", "./apps/millrace"),
  hermetic("bench", "./bench"),
  suite("browser", ["packages/*/test/**/*.browser.test.ts", "apps/*/test/**/*.browser.test.ts"]),
  suite("real", ["packages/*/test/**/*.real.test.ts", "apps/*/test/**/*.real.test.ts"]),
  suite("power", ["packages/*/test/**/*.power.test.ts", "apps/*/test/**/*.power.test.ts"]),
  suite("corpus", ["packages/*/test/**/*.corpus.test.ts", "apps/*/test/**/*.corpus.test.ts"]),
]

export default projects
