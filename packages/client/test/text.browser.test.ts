import { join } from "node:path"
import { launchBrowser, tempDir, type TestBrowser, waitFor } from "@millrace/testkit"
import type { Page } from "playwright-core"
import { expect, test } from "vitest"
import { startDocApp } from "./browser/doc-app.ts"
import { startStage, token } from "./stage.ts"

/** What the page around docs/shared-text.md offers. */
const harness = `
import { editNotes, openPages } from "./main.ts"

let workspace: ReturnType<typeof openPages>
const page = {
  async open(options: { readonly url: string; readonly token: string; readonly name: string }): Promise<void> {
    workspace = openPages({ url: options.url, token: options.token })
    await workspace.ready
    workspace.awareness.setLocalState({ user: { name: options.name, color: "#30bced" } })
  },
  create: (notes: string) => workspace.collection("pages").put("p", { title: "A page", notes }).durable,
  edit: () => void editNotes(workspace, "p", document.body),
  delete: () => void workspace.collection("pages").delete("p"),
  notes: (): string | undefined => workspace.collection("pages").get("p")?.notes,
  typed: (): boolean => workspace.records.collection("pages").typedText("p", "notes") !== undefined,
  afterDelete: () => workspace.records.collection("pages").editsAfterDelete("p"),
  status: () => ({ ...workspace.status, record: workspace.recordStatus("pages", "p").state }),
}
export type NotesPage = typeof page
declare global {
  var notesPage: NotesPage
}
globalThis.notesPage = page
`

interface NotesPage {
  open(options: { readonly url: string; readonly token: string; readonly name: string }): Promise<void>
  create(notes: string): Promise<unknown>
  edit(): void
  delete(): void
  notes(): string | undefined
  typed(): boolean
  afterDelete(): readonly { readonly value: unknown }[]
  status(): { readonly connection: string; readonly waiting: number; readonly record: string }
}
declare const notesPage: NotesPage

test("C385 docs/shared-text.md: two people who both began offline type into one CodeMirror text, and their editors stay bound", async () => {
  const app = await startDocApp({
    page: "shared-text.md",
    more: {
      "harness.ts": harness,
      "index.html": `<!doctype html><title>app</title><body><script type="module" src="/harness.ts"></script></body>`,
    },
  })
  const stage = await startStage()
  const open = async (name: string, profileDir: string): Promise<[TestBrowser, Page]> => {
    const browser = await launchBrowser({ profileDir })
    const page = await browser.newPage()
    await page.goto(app.url)
    await page.waitForFunction(() => "notesPage" in globalThis)
    const given = { url: stage.url, token: await token("write", undefined, name), name }
    await page.evaluate((options) => notesPage.open(options), given)
    return [browser, page]
  }
  const profiles = ["ann", "bob"].map((name) => join(tempDir("text"), name))
  const [annsProfile = "", bobsProfile = ""] = profiles
  /** What the editor shows, without the other person's caret. */
  const shown = (page: Page): Promise<string> =>
    page.locator(".cm-content").evaluate((content) => {
      const copy = content.cloneNode(true) as typeof content
      for (const caret of copy.querySelectorAll(".cm-ySelectionCaret")) caret.remove()
      return copy.textContent ?? ""
    })
  const bothShow = async (pages: readonly Page[], text: string): Promise<void> => {
    let seen: readonly string[] = []
    const look = async (): Promise<boolean> => {
      seen = await Promise.all(pages.map(shown))
      return seen.every((each) => each === text)
    }
    // Attempts to connect are up to ten seconds apart.
    await waitFor(look, { what: text, deadlineMs: 60_000, detail: () => seen.join("; ") })
  }
  const typeAt = async (page: Page, key: "Home" | "End", typed: string): Promise<void> => {
    await page.locator(".cm-content").click()
    await page.keyboard.press(`Control+${key}`)
    await page.keyboard.type(typed)
  }

  // Both have the page as a string, and neither has typed.
  const first = await open("Ann", annsProfile)
  await first[1].evaluate(() => notesPage.create("hello"))
  const second = await open("Bob", bobsProfile)
  await waitFor(() => second[1].evaluate(() => notesPage.notes() === "hello"), { what: "Bob to have the page" })
  expect(await second[1].evaluate(() => notesPage.typed())).toBe(false)
  await Promise.all([first, second].map(([browser]) => browser.close()))

  // Both start without network, from what their browsers keep.
  await stage.down()
  const [annsBrowser, ann] = await open("Ann", annsProfile)
  const [, bob] = await open("Bob", bobsProfile)
  for (const page of [ann, bob]) await page.evaluate(() => notesPage.edit())
  await typeAt(ann, "End", " from Ann")
  await typeAt(bob, "Home", "Bob says ")
  expect([await shown(ann), await shown(bob)]).toEqual(["hello from Ann", "Bob says hello"])
  for (const page of [ann, bob]) expect(await page.evaluate(() => notesPage.status().record)).toBe("waiting")
  await stage.up()
  // As a browser does that has its network back: no waiting for the next attempt.
  for (const page of [ann, bob]) await page.evaluate(() => void globalThis.dispatchEvent(new Event("online")))
  await bothShow([ann, bob], "Bob says hello from Ann")
  await typeAt(bob, "End", "!")
  await bothShow([ann, bob], "Bob says hello from Ann!")
  await waitFor(() => ann.evaluate(() => notesPage.status().waiting === 0), { what: "all of it to be durable" })
  for (const page of [ann, bob]) {
    expect(await page.evaluate(() => notesPage.notes())).toBe("Bob says hello from Ann!")
    await waitFor(async () => (await page.locator(".cm-ySelectionInfo").count()) === 1, { what: "the other's caret" })
  }

  // Typed while offline into what somebody else deletes: listed, not lost.
  await annsBrowser.setOffline(true)
  await waitFor(() => ann.evaluate(() => notesPage.status().connection !== "online"), {
    what: "Ann to be cut off",
    deadlineMs: 60_000,
  })
  await typeAt(ann, "End", " More.")
  await bob.evaluate(() => notesPage.delete())
  await annsBrowser.setOffline(false)
  await waitFor(() => bob.evaluate(() => notesPage.afterDelete().length === 1), {
    what: "Ann's typing to be listed",
    deadlineMs: 60_000,
  })
  expect(await bob.evaluate(() => [notesPage.notes() ?? null, notesPage.afterDelete()[0]?.value])).toEqual([
    null,
    " More.",
  ])
})
