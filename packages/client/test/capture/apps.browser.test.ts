import { join } from "node:path"
import { launchBrowser, tempDir, type TestBrowser, waitFor } from "@millrace/testkit"
import type { Page } from "playwright-core"
import { beforeAll, expect, test } from "vitest"
import { servePage } from "../browser/serve-page.ts"
import { type Stage, startStage, token } from "../stage.ts"

interface FriendsApp {
  readonly db: {
    readonly friends: {
      toArray(): Promise<unknown[]>
      count(): Promise<number>
      get(id: number): Promise<unknown>
      put(row: unknown): Promise<unknown>
      bulkPut(rows: readonly unknown[]): Promise<unknown>
      clear(): Promise<void>
    }
  }
  addFriend(name: string, age: number): Promise<number>
  birthday(id: number): Promise<void>
  rename(id: number, name: string): Promise<number>
  forgetThe(letter: string): Promise<number>
}
interface NotesApp {
  addNote(id: string, title: string): Promise<void>
  edit(id: string, change: (note: Record<string, unknown>) => void): Promise<void>
  importNotes(titles: readonly string[]): Promise<void>
  allNotes(): Promise<Record<string, unknown>[]>
  setSetting(name: string, value: unknown): Promise<string>
  readonly dbPromise: Promise<IDBDatabase>
}
declare const app: FriendsApp & NotesApp
declare const shared: { readonly leads: boolean; settled(): Promise<void> }
declare const workspace: { readonly status: { readonly caughtUp: boolean } }

let friends = ""
let notes = ""
let stage: Stage

beforeAll(async () => {
  const examples = "../../../../examples"
  friends = await servePage(`${examples}/dexie/main.ts`)
  notes = await servePage(`${examples}/idb/main.ts`)
  stage = await startStage()
})

function newProfile(): () => Promise<TestBrowser> {
  const profileDir = join(tempDir("apps"), "profile")
  return () => launchBrowser({ profileDir })
}

async function openTab(browser: TestBrowser, address: string, app = "1"): Promise<Page> {
  const page = await browser.newPage()
  const hash = new URLSearchParams({ relay: stage.url, token: await token("write") })
  await page.goto(`${address}?app=${app}#${hash}`)
  await page.waitForFunction(() => "app" in globalThis)
  return page
}

const online = (page: Page): Promise<unknown> => page.waitForFunction(() => workspace.status.caughtUp)
const friendsOf = (page: Page): Promise<unknown[]> => page.evaluate(() => app.db.friends.toArray())
const namesShown = (page: Page): Promise<string[]> => page.locator("li").allTextContents()

test("I420 an unmodified Dexie application in two profiles and two tabs: fields edited apart both survive, liveQuery shows what others wrote, generated keys do not collide", async () => {
  const [one, two] = await Promise.all([newProfile()(), newProfile()()])
  const ann = await openTab(one, friends)
  await online(ann)
  const id = await ann.evaluate(() => app.addFriend("Cleo", 20))
  const bob = await openTab(two, friends)
  await waitFor(async () => (await namesShown(bob)).includes("Cleo, 20"), { what: "Bob's live list" })
  const tab = await openTab(one, friends)
  await waitFor(async () => (await namesShown(tab)).includes("Cleo, 20"), { what: "Ann's other tab" })
  await one.setOffline(true)
  await two.setOffline(true)
  await tab.evaluate((id) => app.birthday(id), id)
  await bob.evaluate((id) => app.rename(id, "Cleopatra"), id)
  const apart = await Promise.all(
    [ann, bob].map((page, at) => page.evaluate((at) => app.addFriend(`new ${at}`, at), at)),
  )
  expect(new Set(apart).size).toBe(2)
  await one.setOffline(false)
  await two.setOffline(false)
  const wanted = ["Cleopatra, 21", "new 0, 0", "new 1, 1"]
  for (const page of [ann, tab, bob]) {
    await waitFor(async () => JSON.stringify(await namesShown(page)) === JSON.stringify(wanted), {
      what: "all live lists",
      deadlineMs: 30_000,
    })
  }
  expect(await friendsOf(bob)).toEqual(await friendsOf(ann))
  // A page that read the row before Bob's name came in, and now puts the whole of it.
  const stale = await ann.evaluate((id) => app.db.friends.get(id), id)
  await bob.evaluate((id) => app.rename(id, "Kleopatra"), id)
  await waitFor(async () => (await namesShown(ann)).includes("Kleopatra, 21"), { what: "the name at Ann's" })
  await ann.evaluate((row) => app.db.friends.put({ ...(row as object), age: 30 }), stale)
  for (const page of [ann, bob]) {
    await waitFor(async () => (await namesShown(page)).includes("Kleopatra, 30"), { what: "both values" })
  }
  await bob.evaluate(() => app.forgetThe("n"))
  await waitFor(async () => (await friendsOf(ann)).length === 1, { what: "the deletions" })
  await Promise.all([one.close(), two.close()])
})

test("I421 an unmodified idb application: a tab that is killed in a transaction leaves nothing of it, and after SIGKILL of the browser both profiles have the same", async () => {
  const launch = newProfile()
  const watcher = await openTab(await newProfile()(), notes)
  let acknowledged = 0
  for (let round = 0; round < 3; round += 1) {
    const browser = await launch()
    const page = await openTab(browser, notes)
    const other = await openTab(browser, notes)
    await online(page)
    if (round === 0) {
      await other.evaluate(() => {
        void app.dbPromise.then((db) => {
          // The idb wrapper hands the plain object out to instanceof alone: a transaction that is kept open by reading on.
          const notes = (
            db as unknown as {
              transaction(...args: unknown[]): { store: Record<"put" | "get", (arg: unknown) => Promise<unknown>> }
            }
          ).transaction("notes", "readwrite").store
          void notes.put({ id: "half", title: "half" })
          const hold = (): Promise<unknown> => notes.get("x").then(hold)
          void hold()
        })
      })
      await other.close()
    }
    await page.exposeFunction("acknowledge", (n: number) => (acknowledged = Math.max(acknowledged, n)))
    await page.evaluate((from) => {
      const host = globalThis as unknown as { acknowledge(n: number): void }
      void (async () => {
        for (let n = from + 1; ; n += 1) {
          await app.addNote(`n${n}`, `note ${n}`)
          host.acknowledge(n)
        }
      })()
    }, acknowledged)
    const before = acknowledged
    await waitFor(() => acknowledged > before + 30, { what: "some notes" })
    await browser.kill()
  }
  const browser = await launch()
  const page = await openTab(browser, notes)
  await online(page)
  await page.waitForFunction(() => shared.leads)
  await page.evaluate(() => shared.settled())
  const mine = await page.evaluate(() => app.allNotes())
  const ids = new Set(mine.map(({ id }) => id))
  expect(ids.has("half")).toBe(false)
  await waitFor(async () => (await watcher.evaluate(() => app.allNotes())).length === mine.length, {
    what: "the notes at the other profile",
    deadlineMs: 30_000,
  })
  expect(await watcher.evaluate(() => app.allNotes())).toEqual(mine)
  // An edit elsewhere after all that is not reverted by anything that was left over.
  await watcher.evaluate(() => app.edit("n1", (note) => void (note["title"] = "of the watcher")))
  await waitFor(
    async () => (await page.evaluate(() => app.allNotes())).some(({ title }) => title === "of the watcher"),
    { what: "the edit" },
  )
  await browser.close()
})
