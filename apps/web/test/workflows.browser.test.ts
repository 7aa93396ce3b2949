import { tempDir, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { newBrowser, openPage } from "./support/page.ts"
import { joinWorkspace, startSystem } from "./support/system.ts"
import { putWorkflow } from "./support/workflow.ts"

test("W340 two people at two nodes of one workflow never collide; what a merge breaks is shown at the node", async () => {
  const system = await startSystem({ dir: tempDir("workflows") })
  const other = await joinWorkspace(system)
  await other.transact(() => putWorkflow(other.records)).durable
  const browser = await newBrowser("workflows")
  const web = await openPage(browser, `${system.url}/?view=workflows#token=${await system.token("catalog", "write")}`)
  await web.at("workflow-entry").click()
  await web.at("workflow-details").waitFor()
  expect(await web.at("workflow-fit").getAttribute("data-problems")).toBe("0")
  const node = (name: string) => web.page.locator(`[data-testid=node][data-name=${JSON.stringify(name)}]`)

  // One names a node anew and puts an action behind it, the other changes what the node runs.
  await node("clean").getByTestId("node-name").fill("tidy")
  await node("clean").getByTestId("node-name").press("Enter")
  await node("tidy").getByTestId("node-insert").click()
  await node("action-1").waitFor()
  other.collection("workflowNodes").update("w/clean", { body: [{ name: "exec", children: ["run-c"] }] })
  await waitFor(async () => (await node("tidy").getByTestId("node-text").inputValue()) === "run-c", {
    what: "the other's edit",
  })
  await waitFor(() => other.collection("workflowNodes").get("w/clean")?.name === "tidy", { what: "the new name" })
  expect(await web.at("workflow-fit").getAttribute("data-problems")).toBe("0")

  // The other leads the workflow in a circle: the page says so until somebody mends it.
  other.collection("workflowTransitions").update("w/clean/ok", { to: "w/clean" })
  await web.at("node-problem").first().waitFor()
  await node("tidy").locator("[data-kind=ok]").getByTestId("transition-to").selectOption({ label: "action-1" })
  await waitFor(async () => (await web.at("workflow-fit").getAttribute("data-problems")) === "0", {
    what: "it to be whole",
  })
  await web.at("view-datasets").click()
  await web.at("new-dataset").waitFor()
  await other.close()
})
