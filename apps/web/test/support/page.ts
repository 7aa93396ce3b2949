import { join } from "node:path"
import { launchBrowser, tempDir, type TestBrowser } from "@millrace/testkit"
import type { Locator, Page } from "playwright-core"

/** A page of the web app with what tests ask of it. */
export interface WebPage {
  readonly page: Page
  at(testId: string): Locator
  row(id: string): Locator
  /** Waits until the header says so. */
  state(state: string): Promise<void>
  /** Waits until the header counts so many waiting records. */
  waiting(count: number): Promise<void>
  /** Where the focus is: the test id, and the record's key where it has one. */
  focused(): Promise<string>
}

export function newBrowser(name: string): Promise<TestBrowser> {
  return launchBrowser({ profileDir: join(tempDir(name), "profile") })
}

export async function openPage(browser: TestBrowser, address: string): Promise<WebPage> {
  const page = await browser.newPage()
  page.setDefaultTimeout(15_000)
  await page.goto(address)
  await page.getByTestId("workspace-status").waitFor()
  const at = (testId: string): Locator => page.getByTestId(testId)
  return {
    page,
    at,
    row: (id) => page.locator(`[data-testid=dataset-row][data-id=${JSON.stringify(id)}]`),
    state: (state) => page.locator(`[data-testid=workspace-status][data-state=${state}]`).waitFor({ timeout: 40_000 }),
    waiting: (count) => page.locator(`[data-testid=workspace-status][data-waiting="${count}"]`).waitFor(),
    focused: () =>
      page.evaluate(() => {
        const { testid, id } = (document.activeElement as HTMLElement | null)?.dataset ?? {}
        return [testid, id].filter((part) => part !== undefined).join(" ")
      }),
  }
}
