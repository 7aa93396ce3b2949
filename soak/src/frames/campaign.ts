import { readFileSync } from "node:fs"
import { join } from "node:path"
import { openRawDocument } from "@millrace/client/node"
import { seededRandom } from "@millrace/testkit"
import * as Y from "yjs"
import type { Campaign, CampaignContext, CampaignOutcome } from "../campaign.ts"
import { joinCold } from "../relay/join.ts"
import { makeRelayHome, startRelayProcess } from "../relay/relay-process.ts"
import { recordFrames } from "./record.ts"
import { besiege } from "./siege.ts"
import { difference } from "./verdict.ts"

const framesPerSiege = 2000
/** A heap this small is collected often, so that what is left is used, and a leak ends the process. */
const smallHeap = "--max-old-space-size=128 --max-semi-space-size=8"
/** Memory may move this much after the first siege: what garbage collection leaves for later, and caches. */
const maxGrowthBytes = 96 << 20

/** Mutated frames against one relay process; a round is one frame. */
export const framesCampaign: Campaign = {
  name: "frames",
  about: "mutated frames over stock and millrace.v1 sockets: no crash, no growth, nothing stored that cannot be read",
  defaultRounds: 100_000,
  run: runFrames,
}

export async function runFrames(context: CampaignContext): Promise<CampaignOutcome> {
  const { rounds, seed, signal, folder, say } = context
  const home = makeRelayHome(join(folder, "home"))
  const dataDir = join(folder, "data")
  const start = (): ReturnType<typeof startRelayProcess> => startRelayProcess(home, dataDir, undefined, smallHeap)
  let { url, child } = await start()
  const token = await home.token("write")
  const recording = await recordFrames(url, "recorded", token)
  const quiet = await fillQuiet(url, token)
  const counts = { frames: 0, refused: 0, connections: 0, stored: 0, sieges: 0 }
  const rssBytes: number[] = []
  const problems: string[] = []
  for (let siege = 0; counts.frames < rounds && !signal.aborted && problems.length === 0; siege++) {
    const random = seededRandom(seed).fork(`siege ${siege}`)
    const frames = Math.min(framesPerSiege, rounds - counts.frames)
    const workspace = `attacked-${siege}`
    const outcome = await besiege({ url, workspace, token, recording, random, frames, signal })
    counts.frames += outcome.handled
    counts.refused += outcome.refused
    counts.connections += outcome.connections
    counts.stored += outcome.stored
    counts.sieges += 1
    rssBytes.push(residentBytes(child.pid))
    problems.push(...outcome.problems, ...failuresIn(child.stderr))
    say(
      `${counts.frames} frames, ${counts.refused} refused, ${mebibytes(rssBytes.at(-1))} MiB, ${problems.length} problems`,
    )
  }
  const before = await joinCold(url, "attacked-0", token)
  await child.kill("SIGTERM")
  ;({ url, child } = await start())
  const differs =
    difference(before, await joinCold(url, "attacked-0", token)) ??
    difference(quiet, await joinCold(url, "quiet", token))
  if (differs !== undefined) problems.push(`after a restart of the relay: ${differs}`)
  await child.kill("SIGTERM")
  const first = rssBytes[0] ?? 0
  const last = rssBytes.at(-1) ?? 0
  if (last > first + maxGrowthBytes) problems.push(`memory grew from ${mebibytes(first)} to ${mebibytes(last)} MiB`)
  const figures = {
    firstRssMiB: mebibytes(first),
    lastRssMiB: mebibytes(last),
    maxRssMiB: mebibytes(Math.max(...rssBytes, 0)),
  }
  return { counts, figures, problems }
}

/** A workspace that nobody attacks; what it holds. */
async function fillQuiet(url: string, token: string): Promise<Y.Doc> {
  const doc = new Y.Doc()
  const raw = openRawDocument({ url, workspace: "quiet", token, doc })
  doc.getText("text").insert(0, "quiet")
  await raw.flushed()
  raw.close()
  return doc
}

/** Errors that the relay did not expect: it says so in its log, and goes on. */
function failuresIn(stderr: string): readonly string[] {
  const lines = stderr.split("\n").filter((line) => line.includes('"level":50') || line.includes("Error"))
  return lines.slice(0, 5).map((line) => `the relay said: ${line.slice(0, 1000)}`)
}

/** Without the pages of the store's file, which the system maps and takes back as it likes. */
function residentBytes(pid: number): number {
  const match = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))
  return Number(match?.[1] ?? 0) * 1024
}

function mebibytes(bytes = 0): number {
  return Math.round(bytes / 2 ** 20)
}
