import { join } from "node:path"
import { systemClock, systemRandom } from "@millrace/ports"
import { startRelay } from "@millrace/relay"
import { createVerifier, openKeyFile } from "@millrace/relay/access"
import { openWithoutFlush } from "../../../../packages/store/test/support/open-without-flush.ts"

/** The same relay on a store whose appends resolve before their flush: the fault that a power cut must show. */
const dataDir = process.argv[2] ?? ""
const key = await openKeyFile(join(dataDir, "auth.key"), systemRandom)
const relay = await startRelay({
  store: await openWithoutFlush(join(dataDir, "relay")),
  verifier: createVerifier([key], systemClock),
  listen: { host: "127.0.0.1", port: 0 },
})
process.stdout.write(`relay listening on http://127.0.0.1:${relay.port}\n`)
