import { join } from "node:path"
import { openWorkspace } from "@millrace/client/node"
import { defineSchema, value } from "@millrace/model"
import { startToxicProxy, waitFor } from "@millrace/testkit"
import type { Campaign, CampaignContext, CampaignOutcome } from "../campaign.ts"
import { makeRelayHome, startRelayProcess } from "../relay/relay-process.ts"

const anyText = {
  "~standard": { version: 1, vendor: "soak", validate: (given: unknown) => ({ value: given as string }) },
} as const
const schema = defineSchema({ version: 1, collections: { rows: { fields: { text: value(anyText) } } } })

const totalBytes = 20_000_000
const recordBytes = 1000
const recordsPerWrite = 500
/** 1 Mbit/s. */
const bytesPerSecond = 125_000
const deadlineMs = 600_000

export const slowLinkCampaign: Campaign = {
  name: "slow-link",
  about: "a 20 MB workspace reaches a client over 1 Mbit/s with progress; the link is cut twice on the way",
  defaultRounds: 1,
  run: runSlowLink,
}

async function runSlowLink({ rounds, folder, say, signal }: CampaignContext): Promise<CampaignOutcome> {
  const problems: string[] = []
  const home = makeRelayHome(join(folder, "home"))
  const relay = await startRelayProcess(home, join(folder, "data"))
  const counts = { rounds: 0, records: 0, cuts: 0, progressTold: 0, bytesDown: 0 }
  const figures = { totalS: 0, bytesPerWorkspaceByte: 0 }
  const writer = openWorkspace({ name: "w", schema, url: relay.url, token: await home.token("write") })
  for (let at = 0; at < totalBytes / recordBytes; at += recordsPerWrite) {
    const write = writer.transact(() => {
      for (let n = at; n < at + recordsPerWrite; n++)
        writer.collection("rows").put(`row-${n}`, { text: `${n} `.repeat(recordBytes).slice(0, recordBytes) })
    })
    await write.durable
    counts.records += recordsPerWrite
  }
  await writer.close()
  for (; counts.rounds < rounds && !signal.aborted; counts.rounds++) {
    const port = Number(new URL(relay.url).port)
    const proxy = await startToxicProxy({ target: { port }, toxics: { bytesPerSecond } })
    const startedMs = performance.now()
    const url = `http://127.0.0.1:${proxy.port}`
    const joiner = openWorkspace({ name: "w", schema, url, token: await home.token("read") })
    joiner.onStatus(({ catchingUp: progress }) => {
      if (progress === undefined) return
      counts.progressTold += 1
      say(`${progress.doneBytes} of ${progress.totalBytes} bytes`)
    })
    for (const share of [0.3, 0.6]) {
      const reached = (): boolean => proxy.bytesDown > totalBytes * share
      await waitFor(reached, { what: `${share} of the workspace`, everyMs: 100, deadlineMs })
      proxy.resetAll()
      counts.cuts += 1
    }
    await waitFor(() => joiner.status.caughtUp, { what: "all of it", everyMs: 100, deadlineMs })
    const found = joiner.collection("rows").size
    if (found !== counts.records) problems.push(`${found} of ${counts.records} records arrived`)
    figures.totalS = Math.round((performance.now() - startedMs) / 1000)
    figures.bytesPerWorkspaceByte = Math.round((proxy.bytesDown / totalBytes) * 1000) / 1000
    counts.bytesDown = proxy.bytesDown
    if (proxy.bytesDown > totalBytes * 1.25) problems.push(`${proxy.bytesDown} bytes were sent: it started over`)
    if (counts.progressTold < 50) problems.push(`progress was told ${counts.progressTold} times`)
    await joiner.close()
    await proxy.close()
  }
  await relay.child.kill("SIGTERM")
  return { counts, figures, problems }
}
