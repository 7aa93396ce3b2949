import { openWorkspace } from "@millrace/client"
import { platformSchema } from "@millrace/workspace"
import { mountApp } from "./app.tsx"
import { registerShell } from "./shell/register.ts"
import { parseAddress, withoutToken } from "./workspace/address.ts"
import { openSession } from "./workspace/session.ts"
import { createTokens } from "./workspace/tokens.ts"

// The one file that knows the browser: everything else takes what it needs.
const url = new URL(window.location.href)
const address = parseAddress(url)
const tokens = createTokens((path) => window.fetch(path, { cache: "no-store" }), window.sessionStorage)
if (address.token !== undefined) {
  tokens.give(address.token)
  window.history.replaceState(null, "", withoutToken(url))
}

const ask = async (path: string): Promise<unknown> => {
  const headers = { authorization: `Bearer ${await tokens.token()}` }
  const response = await window.fetch(path, { cache: "no-store", headers })
  return await response.json()
}

const reload = (): void => window.location.reload()

const root = document.getElementById("root")
if (root === null) throw new Error("index.html has no #root.")

// Opened once for the page's life, outside of React, which may mount components twice.
const session = Promise.resolve().then(() =>
  openSession(
    openWorkspace({
      name: address.workspace,
      schema: platformSchema,
      url: url.origin,
      token: tokens.token,
    }),
    { storage: window.localStorage, ask },
  ),
)

// Best effort: what is stored at short intervals is stored now, before the page is gone.
window.addEventListener("pagehide", ({ persisted }) => {
  if (persisted) return
  session.then(
    (open) => open.close(),
    () => {},
  )
})

mountApp(root, {
  name: address.workspace,
  dataset: address.dataset,
  workflow: address.workflow,
  view: address.view,
  tokens,
  session,
  shell: registerShell({ serviceWorker: navigator.serviceWorker, reload }, "/service-worker.js"),
  reload,
})
