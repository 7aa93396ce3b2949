import { Capture, openWorkspace, shareDatabase } from "@millrace/client"

const settings = new URLSearchParams(location.hash.slice(1))
const capture = new Capture({ databases: ["friends"] })
capture.install()
const workspace = openWorkspace({
  name: "friends",
  schema: { version: 1, collections: {} },
  url: settings.get("relay") ?? location.origin,
  token: settings.get("token") ?? "",
})
export const shared = shareDatabase({ capture, workspace, database: "friends" })
Object.assign(globalThis, { capture, workspace, shared })
