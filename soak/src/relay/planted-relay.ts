// A relay with a planted fault: node planted-relay.ts PLANT SECRET-FILE DATA-DIR.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { systemClock } from "@millrace/ports"
import type { PlantName } from "./planted-store.ts"
import { takeFlushAway } from "./unflushed-lmdb.ts"

const [plant = "", secretFile = "", dataDir = ""] = process.argv.slice(2)
if (plant === "commit-ack") takeFlushAway()
// Loaded after the driver was changed.
const { openLmdbStore } = await import("@millrace/store/lmdb")
const { startRelay } = await import("@millrace/relay")
const { createVerifier } = await import("@millrace/relay/access")
const { plantIn } = await import("./planted-store.ts")

const secret = new TextEncoder().encode(readFileSync(secretFile, "utf8").trim())
const verifier = createVerifier([{ id: "soak", algorithm: "HS256", secret }], systemClock)
const store = await openLmdbStore({ folder: join(dataDir, "relay") })
const relay = await startRelay({
  store: plantIn(store, plant as PlantName),
  verifier,
  listen: { host: "127.0.0.1", port: 0 },
})
console.log(`relay listening on http://${relay.host}:${relay.port}`)
