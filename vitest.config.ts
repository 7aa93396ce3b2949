import { defineConfig } from "vitest/config"
import projects from "./vitest.workspace.ts"

// Tests read the packages' sources: nothing has to be built first.
const conditions = ["source"]

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    projects,
    passWithNoTests: true,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Deadlines are for what hangs, not for what is slow on a busy machine.
    // Tests start servers, and machines that run them have two cores: more workers only make deadlines pass.
    maxWorkers: 2,
    setupFiles: [`${import.meta.dirname}/tools/vitest-setup.ts`],
  },
})
