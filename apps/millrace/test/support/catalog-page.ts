import { type TestBrowser, waitFor } from "@millrace/testkit"
import type { Page } from "playwright-core"

/** The catalogue's page as a person uses it. */
export interface CatalogPage {
  readonly page: Page
  /** What the header says: `saved`, `saving`, `offline`, ... */
  state(): Promise<string>
  waitForState(state: string): Promise<void>
  waiting(): Promise<number>
  openDataset(id: string): Promise<void>
  setField(field: string, text: string): Promise<void>
  field(field: string): Promise<string>
  create(id: string): Promise<void>
  remove(id: string): Promise<void>
  /** The ids that the list shows. */
  ids(): Promise<readonly string[]>
  /** What the open dataset's targets said, `target/binding` to state. */
  targets(): Promise<Readonly<Record<string, string>>>
}

export async function openCatalog(browser: TestBrowser, url: string, token: string): Promise<CatalogPage> {
  const page = await browser.newPage()
  await page.goto(`${url}/#token=${token}`)
  await page.getByTestId("workspace-status").waitFor()
  const at = (testId: string): ReturnType<Page["getByTestId"]> => page.getByTestId(testId)
  const row = (id: string): ReturnType<Page["locator"]> => page.locator(`[data-testid=dataset-row][data-id="${id}"]`)
  const attribute = async (testId: string, name: string): Promise<string> => (await at(testId).getAttribute(name)) ?? ""

  async function openDataset(id: string): Promise<void> {
    await row(id).click()
    await page.getByTestId("dataset-details").getByText(id).first().waitFor()
  }

  return {
    page,
    openDataset,
    state: () => attribute("workspace-status", "data-state"),
    waitForState: async (state) => {
      await page.locator(`[data-testid=workspace-status][data-state=${state}]`).waitFor({ timeout: 40_000 })
    },
    waiting: async () => Number(await attribute("workspace-status", "data-waiting")),
    setField: async (field, text) => {
      await at(`field-${field}`).fill(text)
      await at(`field-${field}`).press("Enter")
    },
    field: (field) => at(`field-${field}`).inputValue(),
    create: async (id) => {
      await at("new-dataset").click()
      await at("create-qualified-name").fill(id)
      await at("create-submit").click()
      await row(id).waitFor()
    },
    remove: async (id) => {
      await openDataset(id)
      await at("delete-dataset").click()
      await at("delete-confirm").click()
      await row(id).waitFor({ state: "detached" })
    },
    ids: () =>
      page
        .getByTestId("dataset-row")
        .evaluateAll((rows) => rows.map((each) => each.getAttribute("data-id") ?? "").sort()),
    targets: async () => {
      const lines = await page
        .getByTestId("target-status")
        .evaluateAll((items) =>
          items.map((item) => [
            `${item.getAttribute("data-target")}/${item.getAttribute("data-binding")}`,
            item.getAttribute("data-state") ?? "",
          ]),
        )
      return Object.fromEntries(lines) as Record<string, string>
    },
  }
}

/** Waits until the page shows exactly these datasets, each with the state. */
export async function waitForRows(catalog: CatalogPage, ids: readonly string[], state: string): Promise<void> {
  const wanted = JSON.stringify([...ids].sort().map((id) => [id, state]))
  await waitFor(
    async () => {
      const rows = await catalog.page
        .getByTestId("dataset-row")
        .evaluateAll((all) => all.map((each) => [each.getAttribute("data-id"), each.getAttribute("data-state")]))
      const shown = JSON.stringify(rows.sort(([a], [b]) => ((a ?? "") < (b ?? "") ? -1 : 1)))
      if (shown !== wanted) throw new Error(`rows are ${shown}`)
      return true
    },
    { what: `the rows ${wanted}`, deadlineMs: 60_000, everyMs: 200 },
  )
}
