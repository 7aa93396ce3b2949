import { seededRandom, seedFromEnvironment, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { openRecords } from "@millrace/model"
import { memberEvents, memberStates, nextMemberState } from "../src/tabs/member-state.ts"
import { groupOf } from "../src/tabs/token-group.ts"
import { newBrowser, online, schema, type Stage, startStage, type TestWorkspace, token } from "./stage.ts"
import { type SimTab, tabWorld } from "./tab-world.ts"

test("C300 what a tab is among those that share a socket is a total table; only the lock makes a leader, and nothing leaves closed", () => {
  for (const state of memberStates) {
    for (const event of memberEvents) expect(memberStates).toContain(nextMemberState(state, event))
    expect(nextMemberState(state, "close")).toBe("closed")
  }
  for (const event of memberEvents) {
    expect(nextMemberState("closed", event)).toBe("closed")
    for (const state of memberStates) {
      if (state !== "leading" && event !== "elected") expect(nextMemberState(state, event)).not.toBe("leading")
    }
  }
})

test("C301 all workspaces of all tabs use one socket, each tab's edits are in the others at once, and their acks are their own", async () => {
  const stage = await startStage()
  const world = tabWorld(1)
  const browser = newBrowser()
  const pages = [world.tab(), world.tab(), world.tab()]
  const all = pages.flatMap((tab) => ["w", "v"].map((name) => stage.open({ browser, tab, name })))
  for (const workspace of all) await online(workspace)
  expect(world.sockets).toBe(1)
  const [first, , second, , third] = all as [TestWorkspace, TestWorkspace, TestWorkspace, TestWorkspace, TestWorkspace]
  const write = second.collection("datasets").put("d", { name: "from the second tab" })
  await waitFor(() => first.collection("datasets").has("d") && third.collection("datasets").has("d"), {
    what: "the edit in the other tabs",
  })
  await write.durable
  for (const workspace of [first, second, third]) {
    await waitFor(() => workspace.recordStatus("datasets", "d").state === "durable", { what: "its ack in each tab" })
  }
  expect(world.dialled).toBe(1)
})

test("C302 without any network an edit of one tab is in the others at once, waiting in each, also in one that opens later", async () => {
  const stage = await startStage()
  await stage.down()
  const world = tabWorld(1)
  const browser = newBrowser()
  const one = stage.open({ browser, tab: world.tab() })
  const two = stage.open({ browser, tab: world.tab() })
  await Promise.all([one.ready, two.ready])
  const write = one.collection("datasets").put("d", { name: "offline" })
  await waitFor(() => two.collection("datasets").get("d")?.name === "offline", { what: "the edit in the other tab" })
  expect(two.recordStatus("datasets", "d").state).toBe("waiting")
  await write.stored
  two.collection("datasets").update("d", { comment: "of the second" })
  const three = stage.open({ browser, tab: world.tab() })
  await waitFor(() => three.collection("datasets").get("d")?.comment === "of the second", { what: "both in a third" })
  await waitFor(() => one.collection("datasets").get("d")?.comment === "of the second", { what: "both in the first" })
  await stage.up()
  for (const workspace of [one, two, three]) {
    await waitFor(() => workspace.status.waiting === 0, { what: "everything durable" })
  }
})

test.each([["closed"], ["killed"], ["frozen"]])(
  "C303 when the leader is %s another tab takes over the socket, and what was under way is acknowledged anew",
  async (how) => {
    const stage = await startStage()
    const world = tabWorld(20)
    const browser = newBrowser()
    const [leader, follower, third] = [world.tab(), world.tab(), world.tab()]
    const first = stage.open({ browser, tab: leader })
    await online(first)
    const second = stage.open({ browser, tab: follower })
    await online(second)
    const last = stage.open({ browser, tab: third })
    await online(last)
    expect(world.sockets).toBe(1)
    if (how === "frozen") leader.freeze()
    const under = second.collection("datasets").put("d", { name: "under way" })
    if (how === "closed") await first.close()
    if (how === "killed") leader.kill()
    const { seq } = await under.durable
    expect(await logged(stage)).toContain("d")
    await online(second)
    await online(last)
    expect(second.status.seq).toBeGreaterThanOrEqual(seq)
    expect(world.dialled).toBeGreaterThan(1)
    if (how !== "frozen") return expect(world.sockets).toBe(1)
    // It finds out that it was deposed, and follows.
    leader.thaw()
    await waitFor(() => world.sockets === 1, { what: "the second socket to go", deadlineMs: 20_000 })
    await first.collection("datasets").put("e", { name: "after the thaw" }).durable
    await waitFor(() => last.collection("datasets").has("e"), { what: "its edit in the others" })
  },
)

test("C304 tabs share a socket only where their tokens speak for one person with the same grants", async () => {
  const stage = await startStage()
  const world = tabWorld(1)
  const browser = newBrowser()
  const writer = stage.open({ browser, tab: world.tab() })
  const reader = stage.open({ browser, tab: world.tab(), role: "read" })
  const other = stage.open({ browser, tab: world.tab(), token: () => token("write", 60_000, "somebody else") })
  for (const workspace of [writer, reader, other]) await online(workspace)
  expect(world.sockets).toBe(3)
  expect(reader.status.permission).toBe("read")
  const again = stage.open({ browser, tab: world.tab() })
  await online(again)
  expect(world.sockets).toBe(3)
  const [early, late] = await Promise.all([token("write", 1_000), token("write", 9_000)])
  expect(groupOf(early)).toEqual(groupOf(late))
  expect(groupOf("opaque").name).not.toContain("opaque")
})

test("C305 a tab that is refused lets the others go on with their own tokens", async () => {
  const stage = await startStage()
  const world = tabWorld(1)
  const browser = newBrowser()
  const expired = stage.open({ browser, tab: world.tab(), token: () => token("write", -60_000) })
  await waitFor(() => expired.status.connection === "refused", { what: "the refusal" })
  const good = stage.open({ browser, tab: world.tab() })
  await online(good)
  await good.collection("datasets").put("d", { name: "good" }).durable
  expect(expired.status.connection).toBe("refused")
  expect(expired.status.lastError?.kind).toBe("unauthenticated")
})

test("C306 random histories of tabs that edit, close, are killed, frozen and thawed, with a relay that comes and goes, lose nothing and promise nothing early", async () => {
  const seed = seedFromEnvironment()
  const random = seededRandom(seed)
  const stage = await startStage()
  for (let history = 0; history < 4; history += 1) {
    await runHistory(stage, `h${history}`, random, seed)
  }
}, 60_000)

async function runHistory(
  stage: Stage,
  name: string,
  random: ReturnType<typeof seededRandom>,
  seed: number,
): Promise<void> {
  const world = tabWorld(40)
  const browser = newBrowser()
  let live: { readonly tab: SimTab; readonly workspace: TestWorkspace; readonly checks: Promise<unknown>[] }[] = []
  const wrote = new Set<string>()
  const early: string[] = []
  let isUp = true
  const open = (): void => {
    const tab = world.tab()
    live.push({ tab, workspace: stage.open({ browser, tab, name }), checks: [] })
  }
  const pick = (): (typeof live)[number] | undefined => live[Math.floor(random.float() * live.length)]
  open()
  for (let step = 0; step < 40; step += 1) {
    const at = random.float()
    const chosen = pick()
    if (chosen === undefined || (at < 0.15 && live.length < 4)) open()
    else if (at < 0.6 && chosen.tab.state === "running") {
      const id = `${name}-${step}`
      const write = chosen.workspace.collection("datasets").put(id, { name: id })
      // Stored or seen by another tab is what outlives a kill; here what was stored.
      chosen.checks.push(write.stored.then(() => wrote.add(id)).catch(() => {}))
      chosen.checks.push(
        write.durable.then(async () => (await logged(stage, name)).includes(id) || early.push(id)).catch(() => {}),
      )
    } else if (at < 0.7) chosen.tab.freeze()
    else if (at < 0.8) chosen.tab.thaw()
    else if (at < 0.87 && live.length > 1) {
      live = live.filter((each) => each !== chosen)
      chosen.tab.kill()
    } else if (at < 0.93 && live.length > 1) {
      live = live.filter((each) => each !== chosen)
      chosen.tab.thaw()
      await chosen.workspace.close()
    } else {
      await (isUp ? stage.down() : stage.up())
      isUp = !isUp
    }
    for (let turn = random.float() * 6; turn > 0; turn -= 1) await new Promise((resolve) => void setImmediate(resolve))
  }
  if (!isUp) await stage.up()
  for (const { tab } of live) tab.thaw()
  const detail = (): string => `seed ${seed} ${name} ${JSON.stringify(live.map(({ workspace }) => workspace.status))}`
  await waitFor(() => live.every(({ workspace }) => workspace.status.caughtUp && workspace.status.waiting === 0), {
    what: "all tabs to be caught up",
    detail,
    deadlineMs: 30_000,
  })
  await waitFor(() => world.sockets === 1, { what: "one socket", detail, deadlineMs: 30_000 })
  expect(early, detail()).toEqual([])
  const inLog = await logged(stage, name)
  for (const id of wrote) expect(inLog, detail()).toContain(id)
  const states = live.map(({ workspace }) => JSON.stringify([...workspace.collection("datasets").ids()].sort()))
  expect(new Set(states).size, detail()).toBe(1)
  expect(JSON.parse(states[0] ?? "[]"), detail()).toEqual(inLog)
  for (const { workspace } of live) await workspace.close()
  await Promise.all(live.flatMap(({ checks }) => checks))
  expect(early, detail()).toEqual([])
}

/** Ids of the datasets that the relay's flushed log holds, sorted. */
async function logged(stage: Stage, workspace = "w"): Promise<readonly string[]> {
  const doc = new Y.Doc()
  for await (const entry of stage.store.read(`log/${workspace}@1`, 0)) Y.applyUpdate(doc, entry.payload, "log")
  const records = openRecords(doc, schema)
  const ids = [...records.collection("datasets").ids()].sort()
  records.destroy()
  return ids
}
