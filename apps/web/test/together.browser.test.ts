import { tempDir, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { newBrowser, openPage } from "./support/page.ts"
import { joinWorkspace, seedSmall, startSystem } from "./support/system.ts"

test("W5 W7 others' edits arrive at once, never over what somebody types, and a refused token says what to do", async () => {
  const system = await startSystem({ dir: tempDir("together") })
  const other = await joinWorkspace(system)
  await seedSmall(other)
  const datasets = other.collection("datasets")
  const browser = await newBrowser("together")
  const seen = (what: string, look: () => unknown): Promise<unknown> => waitFor(look, { what, deadlineMs: 15_000 })

  // A wrong token is refused with a form; a good one brings the data.
  const web = await openPage(browser, `${system.url}/#token=not.a.token`)
  await web.at("access-notice").waitFor()
  expect(await web.at("workspace-status").getAttribute("data-state")).toBe("refused")
  await web.at("token-input").fill(await system.token("catalog", "write"))
  await web.at("token-submit").click()
  await web.row("shop.orders").click()
  expect(await web.at("access-notice").count()).toBe(0)

  // Nobody types: the change shows.
  const comment = web.at("field-comment")
  datasets.update("shop.orders", { comment: "first" })
  await seen("the remote comment", async () => (await comment.inputValue()) === "first")

  // Somebody types: the draft stays, with a hint; Enter keeps the draft, Escape takes theirs.
  await comment.fill("mine")
  datasets.update("shop.orders", { comment: "theirs" })
  await web.page.getByText("Changed meanwhile to “theirs”").waitFor()
  expect(await comment.inputValue()).toBe("mine")
  await comment.press("Escape")
  expect(await comment.inputValue()).toBe("theirs")
  await comment.fill("mine again")
  datasets.update("shop.orders", { comment: "theirs again", location: "hdfs://shop/orders" })
  await web.page.getByText("Changed meanwhile to “theirs again”").waitFor()
  await comment.press("Enter")
  await seen("mine to win", () => datasets.get("shop.orders")?.comment === "mine again")
  expect(datasets.get("shop.orders")?.location).toBe("hdfs://shop/orders")

  // What is refused stays in the box with its reason.
  await web.at("field-name").fill("")
  await web.at("field-name").press("Enter")
  await web.page.getByText("A dataset needs a name.").waitFor()
  await web.at("field-name").press("Escape")
  expect(await web.at("field-name").inputValue()).toBe("orders")

  // Somebody deletes what is open: it stays in view and can be restored, columns too.
  const ids = ["shop.orders/column/0", "shop.orders/column/1"]
  other.transact(() => {
    for (const id of ids) other.collection("columns").delete(id)
    datasets.delete("shop.orders")
  })
  await web.at("details-deleted").waitFor()
  await web.row("shop.orders").waitFor({ state: "detached" })
  expect(await comment.inputValue()).toBe("mine again")
  await web.at("restore-dataset").click()
  await seen("it to be back", () => ids.every((id) => other.collection("columns").has(id)))
  expect(datasets.get("shop.orders")?.comment).toBe("mine again")

  // A reader sees and cannot edit.
  const reader = await openPage(browser, `${system.url}/#token=${await system.token("catalog", "read")}`)
  await reader.at("read-only").waitFor()
  await reader.row("shop.orders").click()
  expect(await reader.at("field-comment").getAttribute("readonly")).not.toBeNull()
  expect(await reader.at("new-dataset").isDisabled()).toBe(true)
  await other.close()
})
