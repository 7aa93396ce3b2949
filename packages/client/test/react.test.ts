import { createElement, type ReactElement, StrictMode } from "react"
import { renderToString } from "react-dom/server"
import { expect, test } from "vitest"
import { recordTopics } from "../src/react/record-topics.ts"
import { usePresence, useQuery, useRecord, useStatus, useWorkspace, WorkspaceProvider } from "../src/react/index.ts"
import { type schema, startStage, type TestWorkspace } from "./stage.ts"

function Everything(): ReactElement {
  const rows = useQuery("datasets", { orderBy: "name" })
  const record = useRecord("datasets", "a")
  const { connection, storage } = useStatus()
  const one = useStatus("datasets", "a")
  const peers = usePresence({ name: "server" })
  return createElement(
    "p",
    {},
    JSON.stringify({ rows, record: record ?? null, connection, storage, one: one ?? null, peers }),
  )
}

const empty = JSON.stringify({
  rows: [],
  record: null,
  connection: "offline",
  storage: "opening",
  one: null,
  peers: [],
}).replaceAll('"', "&quot;")

test("C380 a server renders what an empty workspace shows, without a workspace and with one, and leaves nothing behind", async () => {
  const page = (workspace?: TestWorkspace): string =>
    renderToString(
      createElement(
        StrictMode,
        {},
        createElement(WorkspaceProvider<typeof schema>, { workspace }, createElement(Everything)),
      ),
    )
  expect(page()).toBe(`<p>${empty}</p>`)
  const stage = await startStage()
  const workspace = stage.open()
  workspace.collection("datasets").put("a", { name: "A" })
  expect(page(workspace)).toBe(`<p>${empty}</p>`)
  expect(workspace.awareness.getLocalState()).toBeNull()
})

test("C380 a hook without a provider says what is missing", () => {
  const Lost = (): ReactElement => createElement("p", {}, useWorkspace()?.name)
  expect(() => renderToString(createElement(Lost))).toThrow("<WorkspaceProvider>")
})

test("C381 who looks at a record hears of that record alone, and one listener serves all", async () => {
  const stage = await startStage()
  const workspace = stage.open()
  const { records } = recordTopics(workspace)
  const heard: string[] = []
  const stops = [
    records.add("datasets", "a", () => heard.push("a one")),
    records.add("datasets", "a", () => heard.push("a two")),
    records.add("datasets", "b", () => heard.push("b")),
  ]
  workspace.collection("datasets").put("a", { name: "A" })
  workspace.collection("datasets").put("c", { name: "C" })
  expect(heard).toEqual(["a one", "a two"])
  for (const stop of stops.slice(0, 2)) stop()
  workspace.collection("datasets").put("a", { name: "B" })
  workspace.collection("datasets").put("b", { name: "B" })
  expect(heard).toEqual(["a one", "a two", "b"])
  for (const stop of stops) stop()
  workspace.collection("datasets").put("b", { name: "C" })
  expect(heard).toHaveLength(3)
  // The first to look again brings the listener back.
  records.add("datasets", "b", () => heard.push("b again"))
  workspace.collection("datasets").put("b", { name: "D" })
  expect(heard.at(-1)).toBe("b again")
})
