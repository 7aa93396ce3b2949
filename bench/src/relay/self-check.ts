import { mkdir, mkdtemp, rm } from "node:fs/promises"
import { join } from "node:path"
import { spawnProcess, waitFor } from "@millrace/testkit"
import * as Y from "yjs"
import { contestants, startContestant } from "./contestants.ts"
import { WireClient, type WireTarget } from "./wire/wire-client.ts"

/** A real provider that has set the key `theirs` of map `bench` to "from the provider". */
export interface RealProvider {
  /** Resolves once it has seen the key `ours` as "from the load client"; rejects when that takes too long. */
  seesOurs(): Promise<unknown>
  close(): Promise<void>
}

const provider = join(import.meta.dirname, "../../peers/provider.mjs")

/**
 * Holds the load client against the peers' real providers: with each server, what one writes the other sees, both ways, and
 * a load client that joins later sees both. Throws where they disagree.
 */
export async function selfCheck(folder: string, say: (text: string) => void): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const name of contestants) {
    const own = await mkdtemp(join(folder, "check-"))
    const server = await startContestant(name, own, [])
    try {
      await agree(server.others, (room) => openReal(server.others, room))
      say(`the load client agrees with the real provider: ${name}`)
    } finally {
      await server.stop()
      await rm(own, { recursive: true, force: true })
    }
  }
}

/** Compares what a real provider, a load client and a later load client see of each other in one room. */
export async function agree(target: WireTarget, open: (room: string) => Promise<RealProvider>): Promise<void> {
  const room = "agreement"
  const seen = new Y.Doc()
  const client = await WireClient.open(target, room, { update: (update) => Y.applyUpdate(seen, update, "received") })
  const real = await open(room)
  try {
    await waitFor(() => seen.getMap("bench").get("theirs") === "from the provider", {
      what: "the load client to see what the provider wrote",
    })
    const written = new Y.Doc()
    written.getMap("bench").set("ours", "from the load client")
    client.sendUpdate(Y.encodeStateAsUpdate(written))
    await real.seesOurs()
    const late = new Y.Doc()
    const later = await WireClient.open(target, room, { update: (update) => Y.applyUpdate(late, update, "received") })
    await waitFor(() => late.getMap("bench").size === 2, { what: "a later load client to see both" })
    await later.close()
  } finally {
    await real.close()
    await client.close()
  }
}

async function openReal({ kind, base, token }: WireTarget, room: string): Promise<RealProvider> {
  // A process of its own, without the condition "source": the provider's package has sources under that name too.
  const args = [provider, kind, base, room, ...(token === undefined ? [] : [token])]
  const child = await spawnProcess({ file: process.execPath, args })
  return { seesOurs: () => child.line(/^sees from the load client$/), close: () => child.killGroup() }
}
