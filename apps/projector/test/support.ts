import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { openRawDocument, type RawDocument } from "@millrace/client/node"
import { openRecords, type Records } from "@millrace/model"
import { systemClock, systemRandom } from "@millrace/ports"
import { type Relay, startRelay } from "@millrace/relay"
import { createVerifier, openKeys, signToken, type TokenKey } from "@millrace/relay/access"
import { openLmdbStore } from "@millrace/store/lmdb"
import { atEndOfTests, type RunningProcess, spawnNode } from "@millrace/testkit"
import { platformSchema, type PlatformSchema } from "@millrace/workspace"
import * as Y from "yjs"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

/** The key of a data folder. */
export async function keyOf(dataDir: string): Promise<TokenKey> {
  return (await openKeys(undefined, dataDir, systemRandom))[0]
}

/** A relay on the data folder, in this process. */
export async function relayOn(dataDir: string, port = 0): Promise<{ readonly url: string; close(): Promise<void> }> {
  const store = await openLmdbStore({ folder: join(dataDir, "relay") })
  const verifier = createVerifier([await keyOf(dataDir)], systemClock)
  const relay: Relay = await startRelay({ store, verifier, listen: { host: "127.0.0.1", port } })
  const close = async (): Promise<void> => {
    await relay.close()
    await store.close()
  }
  atEndOfTests(close)
  return { url: `http://127.0.0.1:${relay.port}`, close }
}

export async function tokenOf(dataDir: string, role: string, subject = "ann", workspace = "*"): Promise<string> {
  const expiresAtMs = systemClock.nowMs() + 600_000
  return signToken({ key: await keyOf(dataDir), subject, workspaces: { [workspace]: role }, expiresAtMs })
}

/** The worker as its own process. */
export function worker(args: readonly string[]): Promise<RunningProcess> {
  return spawnNode(main, { args, readyLine: /^projector ready on (http:\S+)$/ })
}

export interface Editor {
  readonly doc: Y.Doc
  readonly records: Records<PlatformSchema>
  readonly raw: RawDocument
}

/** Somebody who edits the workspace with a bare document. */
export async function editor(url: string, dataDir: string, workspace: string): Promise<Editor> {
  const doc = new Y.Doc()
  const records = openRecords(doc, platformSchema)
  const raw = openRawDocument({ url, token: await tokenOf(dataDir, "write"), workspace, doc })
  atEndOfTests(() => raw.close())
  await raw.synced
  return { doc, records, raw }
}

/** The workspace's status document, read along. */
export async function statusOf(url: string, dataDir: string, workspace: string): Promise<Y.Doc> {
  const doc = new Y.Doc()
  const raw = openRawDocument({ url, token: await tokenOf(dataDir, "read"), workspace: `${workspace}~status`, doc })
  atEndOfTests(() => raw.close())
  await raw.synced
  return doc
}

/** Every file under a folder, by path relative to it, parsed as JSON where it is. */
export function jsonFiles(folder: string): ReadonlyMap<string, unknown> {
  const found = new Map<string, unknown>()
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const path = join(folder, name)
    if (name.endsWith(".json") && statSync(path).isFile()) found.set(name, JSON.parse(readFileSync(path, "utf8")))
  }
  return found
}
