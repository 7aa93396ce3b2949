import type { TestProjectConfiguration } from "vitest/config"

/**
 * Every place where tests live, in the order in which data flows; the suffix says what a test needs:
 * `.test.ts` nothing, `.browser.test.ts` Chromium, `.real.test.ts` Java 17 and Maven, `.power.test.ts` root and loop
 * devices, `.pycrdt.test.ts` Python 3.11 with pip, `.corpus.test.ts` the corpus. A file with several needs all of them and runs in the suite of the last.
 * `tools/suites.ts` turns suffixes into suites, `tools/layers.test.ts` compares this list with the packages.
 */
const needing = ["browser", "real", "power", "pycrdt", "corpus"].map((need) => `**/*.${need}.test.ts`)

function hermetic(name: string, root: string): TestProjectConfiguration {
  return { extends: true, test: { name, root, include: ["test/**/*.test.ts"], exclude: needing } }
}

function suite(name: string): TestProjectConfiguration {
  return {
    extends: true,
    test: {
      name,
      root: ".",
      include: ["packages/*", "apps/*", "soak"].map((folder) => `${folder}/test/**/*.${name}.test.ts`),
      // Real servers and browsers share two cores: one file at a time.
      fileParallelism: false,
      testTimeout: 480_000,
      hookTimeout: 480_000,
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
  hermetic("target-atlas", "./packages/target-atlas"),
  hermetic("projector", "./packages/projector"),
  hermetic("workspace", "./packages/workspace"),
  hermetic("target-oozie", "./packages/target-oozie"),
  hermetic("config", "./packages/config"),
  hermetic("telemetry", "./packages/telemetry"),
  hermetic("testkit", "./packages/testkit"),
  hermetic("app-relay", "./apps/relay"),
  hermetic("app-projector", "./apps/projector"),
  hermetic("web", "./apps/web"),
  hermetic("millrace", "./apps/millrace"),
  hermetic("bench", "./bench"),
  hermetic("soak", "./soak"),
  suite("browser"),
  suite("real"),
  suite("power"),
  suite("pycrdt"),
  suite("corpus"),
]

export default projects
