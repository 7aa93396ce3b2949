import { seededRandom, type SeededRandom, seedFromEnvironment, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { openRecords, type Records, type Schema } from "@millrace/model"
import type { MirrorEvent, MirrorPosition } from "../src/index.ts"
import { newFactory } from "./helpers.ts"
import { exchange, hearing, mirrored, openTab, recorded, resultOf, schema, type Tab } from "./mirror-stage.ts"

const histories = 40
const stepsEach = 30

function edit(random: SeededRandom, records: Records): void {
  const people = records.collection("people")
  const id = `p${random.int(8)}`
  const record = { name: `n${random.int(5)}`, age: random.int(50), tags: random.chance(0.5) ? ["x", "y"] : ["y"] }
  const draw = random.int(6)
  if (draw === 0) people.delete(id)
  else if (draw === 1) records.collection("teams").put(`t${random.int(3)}`, { name: `n${random.int(5)}` })
  else if (draw === 2 && people.has(id)) people.update(id, { age: random.int(50) })
  else if (draw === 3) {
    records.transact(() => {
      for (let at = 0; at < 8; at += 1) people.put(`p${at}`, record)
    })
  } else people.put(id, record)
}

async function journalOf({ mirror }: Tab): Promise<number | undefined> {
  const store = (await mirror.database()).transaction("$meta").objectStore("$meta")
  return ((await resultOf(store.get("mirror"))) as MirrorPosition | undefined)?.journal
}

/** Each record's steps hang together, whatever lies between. */
function expectChains(events: readonly MirrorEvent[]): void {
  const last = new Map<string, unknown>()
  let number: number | undefined
  for (const event of events) {
    if (number !== undefined && event.op !== "reset") expect(event.number).toBe(number + 1)
    number = event.number
    if (event.op === "reset") {
      last.clear()
      continue
    }
    const key = `${event.collection}/${event.id}`
    if (last.has(key)) expect(event.before).toEqual(last.get(key))
    expect(event.op === "add").toBe(event.before === undefined)
    expect(event.op === "delete").toBe(event.after === undefined)
    last.set(key, event.after)
  }
}

test(`I31 over ${histories} random histories of tabs, crashes, peers and floods the stores equal the records whenever all is settled`, async () => {
  const seed = seedFromEnvironment()
  for (let history = 0; history < histories; history += 1) {
    const random = seededRandom(seed).fork(`history ${history}`)
    const factory = newFactory()
    const limits = { rowsPerBatch: 1 + random.int(6), changedRecords: 2 + random.int(12), journalEntries: 1_000 }
    const peer = new Y.Doc()
    const peerRecords: Records = openRecords<Schema>(peer, schema)
    let tabs: Tab[] = [await openTab(factory, { limits })]
    const heard = new Map<Tab, MirrorEvent[]>()
    const listen = (tab: Tab): void => void heard.set(tab, hearing(tab.mirror))
    tabs.forEach(listen)
    for (let step = 0; step < stepsEach; step += 1) {
      const tab = random.pick(tabs)
      const draw = random.int(20)
      if (draw < 8) edit(random, tab.records)
      else if (draw < 10) edit(random, peerRecords)
      else if (draw < 12) exchange(tab.doc, peer)
      else if (draw < 14) await new Promise((resolve) => setImmediate(resolve))
      else if (draw === 14 && tabs.length < 3) {
        const opened = await openTab(factory, { limits })
        listen(opened)
        tabs.push(opened)
      } else if (draw === 15 && tabs.length > 1) {
        tabs = tabs.filter((each) => each !== tab)
        await tab.close()
      } else if (draw === 16) {
        tabs = tabs.filter((each) => each !== tab)
        tab.storage.kill(random.chance(0.5))
        tab.kill()
        if (tabs.length === 0) {
          const opened = await openTab(factory, { limits })
          listen(opened)
          tabs.push(opened)
        }
      } else if (draw === 17) await random.pick(tabs).mirror.rebuild()
      else if (draw > 17) {
        await settle(tabs, peer)
        for (const each of tabs) {
          expect(await mirrored(each.mirror), `seed ${seed}, history ${history}, step ${step}`).toEqual(
            recorded(each.records),
          )
        }
      }
    }
    await settle(tabs, peer)
    const [first] = tabs
    if (first === undefined) throw new Error("There is always a tab.")
    expect(await mirrored(first.mirror), `seed ${seed}, history ${history}`).toEqual(recorded(peerRecords))
    expect(tabs.filter(({ mirror }) => mirror.status.writes)).toHaveLength(1)
    const byTab = tabs.map((tab) => heard.get(tab) ?? []).filter((events) => events.length > 0)
    const lastOf = (events: readonly MirrorEvent[]): number => events.at(-1)?.number ?? 0
    const journal = (await journalOf(first)) ?? 0
    await waitFor(() => byTab.every((events) => lastOf(events) === journal), { what: "all tabs to hear all" })
    // What all were there for, all heard.
    const from = Math.max(...byTab.map((events) => events[0]?.number ?? 0))
    const since = byTab.map((events) => events.filter(({ number }) => number > from))
    for (const events of since) expect(events).toEqual(since[0])
    for (const events of heard.values()) expectChains(events)
    for (const tab of tabs) await tab.close()
  }
}, 120_000)

/** All have what all have, and the stores show it; what tabs that are gone left in the local copy comes in on the way. */
async function settle(tabs: readonly Tab[], peer: Y.Doc): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    for (const tab of tabs) await tab.store.readOn()
    for (const tab of tabs) exchange(tab.doc, peer)
    for (const tab of tabs) await tab.mirror.settled()
  }
}
