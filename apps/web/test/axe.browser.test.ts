import { createRequire } from "node:module"
import { readFileSync } from "node:fs"
import { tempDir } from "@millrace/testkit"
import type { AxeResults } from "axe-core"
import { expect, test } from "vitest"
import { newBrowser, openPage, type WebPage } from "./support/page.ts"
import { joinWorkspace, seedSmall, startSystem } from "./support/system.ts"

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

async function serious(web: WebPage): Promise<readonly string[]> {
  await web.page.evaluate(`${axeSource}\n;undefined`)
  const results = await web.page.evaluate(() =>
    (globalThis as unknown as { readonly axe?: { run(): Promise<AxeResults> } }).axe?.run(),
  )
  if (results === undefined) throw new Error("axe did not start.")
  expect(results.passes.length).toBeGreaterThan(10)
  return results.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary ?? ""}`).join(" | ")}`)
}

test("W19 axe finds nothing serious: list, details, dialogs, refusals, light and dark", async () => {
  const system = await startSystem({ dir: tempDir("axe") })
  const other = await joinWorkspace(system)
  await seedSmall(other)
  const browser = await newBrowser("axe")
  const web = await openPage(browser, `${system.url}/#token=${await system.token("catalog", "write")}`)
  await web.page.emulateMedia({ reducedMotion: "reduce" })
  await web.row("shop.visits").waitFor()
  await web.state("saved")
  for (const colorScheme of ["light", "dark"] as const) {
    await web.page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
    expect(await serious(web), `${colorScheme}, list`).toEqual([])
    await web.row("shop.orders").click()
    await web.at("column-row").first().waitFor()
    expect(await serious(web), `${colorScheme}, details`).toEqual([])
    await web.at("new-dataset").click()
    await web.at("create-submit").click()
    expect(await serious(web), `${colorScheme}, create`).toEqual([])
    await web.at("create-cancel").click()
    await web.at("delete-dataset").click()
    expect(await serious(web), `${colorScheme}, delete`).toEqual([])
    await web.at("delete-confirm").click()
    await web.at("undo-toast").waitFor()
    expect(await serious(web), `${colorScheme}, undo`).toEqual([])
    await web.at("undo-delete").click()
    await web.row("shop.orders").waitFor()
    await web.at("shortcuts").click()
    expect(await serious(web), `${colorScheme}, shortcuts`).toEqual([])
    await web.page.keyboard.press("Escape")
    await web.at("filter").fill("nothing has this")
    await web.at("list-empty").waitFor()
    expect(await serious(web), `${colorScheme}, empty list`).toEqual([])
    await web.at("filter").fill("")
  }
  await web.page.goto("about:blank")
  const refused = await openPage(browser, `${system.url}/#token=wrong`)
  await refused.at("access-notice").waitFor()
  for (const colorScheme of ["light", "dark"] as const) {
    await refused.page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
    expect(await serious(refused), `${colorScheme}, refused`).toEqual([])
  }
  await other.close()
})
