import { join } from "node:path"
import { launchBrowser, tempDir, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { openPage } from "./support/page.ts"
import { joinWorkspace, seedSmall, startSystem } from "./support/system.ts"

test("C344 text that was typed and not committed survives a reload, a closed tab and a new window; a dead target's reason and others' values at the same time are shown", async () => {
  const dir = tempDir("kept")
  const profileDir = join(dir, "profile")
  const system = await startSystem({ dir, targets: "dead" })
  const other = await joinWorkspace(system)
  await seedSmall(other)
  const address = `${system.url}/?workspace=catalog&dataset=shop.orders`
  const token = await system.token("catalog", "write")

  const first = await launchBrowser({ profileDir })
  const web = await openPage(first, `${address}#token=${token}`)
  await web.state("saved")
  await waitFor(
    async () => /refused|ECONN|127\.0\.0\.1:9/.test(await web.page.locator(".target-reason").first().innerText()),
    {
      what: "the dead target's reason",
      deadlineMs: 60_000,
    },
  )
  await web.at("field-comment").fill("half a sentence")
  await web.page.reload()
  await web.at("workspace-status").waitFor()
  expect(await web.at("field-comment").inputValue()).toBe("half a sentence")
  await web.at("draft-notice").waitFor()
  expect(other.collection("datasets").get("shop.orders")?.comment).toBe("All orders")

  // A new token reloads the page.
  await web.at("add-column-name").fill("not yet a column")
  await web.page.evaluate(() => window.location.reload())
  await web.at("workspace-status").waitFor()
  expect(await web.at("add-column-name").inputValue()).toBe("not yet a column")
  await web.page.close()
  const second = await openPage(first, `${system.url}/?workspace=catalog#token=${token}`)
  await second.at("draft-open").first().click()
  expect(await second.at("field-comment").inputValue()).toBe("half a sentence")

  // Both write at once: offline here, there at once.
  await first.setOffline(true)
  await second.at("field-comment").press("Enter")
  await second.waiting(1)
  await other.collection("datasets").update("shop.orders", { comment: "theirs" }).durable
  await first.setOffline(false)
  await second.at("dispute").waitFor({ timeout: 40_000 })
  await second.page.locator("[data-testid=dispute-choice][aria-pressed=false]").click()
  await second.at("dispute").waitFor({ state: "detached" })
  const chosen = await second.at("field-comment").inputValue()
  await waitFor(() => other.collection("datasets").get("shop.orders")?.comment === chosen, { what: "the choice" })
  await other.close()
  await first.close()
})
