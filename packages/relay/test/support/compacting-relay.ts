import { join } from "node:path"
import { systemClock, systemRandom } from "@millrace/ports"
import { openLmdbStore } from "@millrace/store/lmdb"
import { createVerifier, openKeyFile } from "../../src/access/index.ts"
import { startRelay } from "../../src/index.ts"

/** A relay that compacts at every few entries; prints its address, then a line at each snapshot and trim. Argument: data folder. */
const dataDir = process.argv[2] ?? ""
const store = await openLmdbStore({
  folder: join(dataDir, "relay"),
  partBytes: 512,
  onStep: (step) => {
    if (step === "snapshot-switch" || step === "trim") process.stdout.write(`step ${step}\n`)
  },
})
const key = await openKeyFile(join(dataDir, "auth.key"), systemRandom)
const relay = await startRelay({
  store,
  verifier: createVerifier([key], systemClock),
  listen: { host: "127.0.0.1", port: 0 },
  compaction: { entries: 3, keepEntries: 2, restFactor: 0 },
})
process.stdout.write(`ready ${relay.port}\n`)
