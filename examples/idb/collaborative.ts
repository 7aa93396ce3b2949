import { Capture, openWorkspace, shareDatabase } from "@millrace/client"

const settings = new URLSearchParams(location.hash.slice(1))
const capture = new Capture({ databases: ["notebook"] })
capture.install()
const workspace = openWorkspace({
  name: "notebook",
  schema: { version: 1, collections: {} },
  url: settings.get("relay") ?? location.origin,
  token: settings.get("token") ?? "",
})
export const shared = shareDatabase({ capture, workspace, database: "notebook" })
Object.assign(globalThis, { capture, workspace, shared })
