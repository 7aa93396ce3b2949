import { sleep, systemClock } from "@millrace/ports"
import * as Y from "yjs"
import { type Metrics, settled, type Stage } from "../stage.ts"

export interface ConnectingSettings {
  readonly clients: number
}

const warmUpClients = 50
/** For the server to see that all have left. */
const leavingMs = 1000

/**
 * Clients connect to one workspace and leave, then as many to a workspace each with a little in it; live memory is read around
 * both, because the process's own differs by more than all this from run to run. What a workspace costs is what the second round
 * costs beyond its connections.
 */
export async function connecting(stage: Stage, { clients }: ConnectingSettings): Promise<Metrics> {
  const { others, writers } = stage.server
  const warm = await stage.openMany(
    Math.min(warmUpClients, clients),
    () => others,
    () => "warm-up",
  )
  await Promise.all(warm.map((client) => client.close()))

  const emptyMb = await stage.liveMb()
  const oneAtMs = performance.now()
  const inOne = await stage.openMany(
    clients,
    () => others,
    () => "one",
  )
  const oneMs = performance.now() - oneAtMs
  const oneMb = await stage.liveMb()
  await Promise.all(inOne.map((client) => client.close()))
  await sleep(systemClock, leavingMs)
  const leftMb = await stage.liveMb()

  const doc = new Y.Doc()
  doc.getMap("bench").set("key", "a value of some sixty bytes, as fields of records often are")
  const update = Y.encodeStateAsUpdate(doc)
  const eachAtMs = performance.now()
  const inEach = await stage.openMany(
    clients,
    () => others,
    (index) => `each-${index}`,
  )
  const eachMs = performance.now() - eachAtMs
  for (const client of inEach) client.sendUpdate(update)
  await everythingTaken(stage, writers, clients)
  const eachMb = await stage.liveMb()

  await Promise.all(inEach.map((client) => client.close()))
  const perConnectionKb = ((oneMb - emptyMb) * 1024) / clients
  return {
    oneMs,
    eachMs,
    perConnectionKb,
    perWorkspaceKb: ((eachMb - leftMb) * 1024) / clients - perConnectionKb,
  }
}

/** Looks into the last workspace until what was written there is seen. */
async function everythingTaken(stage: Stage, target: Stage["server"]["writers"], clients: number): Promise<void> {
  let bytes = 0
  const count = (update: Uint8Array): void => void (bytes += update.length)
  const [last] = await stage.openMany(
    1,
    () => target,
    () => `each-${clients - 1}`,
    () => ({ update: count }),
  )
  await settled(
    () => bytes,
    () => bytes > 20,
  )
  await last?.close()
}
