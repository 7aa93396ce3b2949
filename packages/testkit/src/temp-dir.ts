import { mkdtempSync, realpathSync } from "node:fs"
import { rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { atEndOfTests } from "./cleanup.ts"

/** A new empty folder, removed with all in it at the end of the test file. */
export function tempDir(name = "test"): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), `millrace-${name}-`))
  // A browser that was just killed may still be letting go of its files.
  atEndOfTests(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }))
  return folder
}
