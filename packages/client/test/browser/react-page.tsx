import { defineSchema, value } from "@millrace/model"
import { type ReactElement, StrictMode, useState } from "react"
import { flushSync } from "react-dom"
import { hydrateRoot, type Root } from "react-dom/client"
import { renderToString } from "react-dom/server.browser"
import { openWorkspace, type Workspace } from "../../src/index.ts"
import { typedHooks } from "../../src/react/index.ts"

const text = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (given: unknown) =>
      typeof given === "string" ? { value: given } : { issues: [{ message: "must be a text" }] },
    types: undefined as unknown as { input: string; output: string },
  },
} as const

const schema = defineSchema({
  version: 1,
  collections: { tasks: { fields: { title: value(text), note: value(text, { optional: true }) } } },
})

type Tasks = Workspace<typeof schema>
const { usePresence, useQuery, useRecord, useStatus, useWorkspace, WorkspaceProvider } = typedHooks<typeof schema>()

/** How often each component was rendered, and which different values each hook gave. */
const seen = {
  list: 0,
  one: 0,
  status: 0,
  rows: new Set<unknown>(),
  statuses: new Set<unknown>(),
  errors: [] as string[],
}

function rendered(name: "list" | "one" | "status"): void {
  seen[name] += 1
}

function List(): ReactElement {
  rendered("list")
  const [descending, setDescending] = useState(false)
  // Written anew at each rendering, as applications do.
  const rows = useQuery("tasks", { where: { note: "shown" }, orderBy: "title", descending })
  seen.rows.add(rows)
  return (
    <ul onClick={() => setDescending(!descending)}>
      {rows.map(({ id, record }) => (
        <li key={id}>{record.title}</li>
      ))}
    </ul>
  )
}

function One({ id }: { readonly id: string }): ReactElement {
  rendered("one")
  const record = useRecord("tasks", id)
  const workspace = useWorkspace()
  return (
    <button type="button" onClick={() => workspace?.collection("tasks").put(id, { title: `${record?.title ?? ""}!` })}>
      {record?.title ?? "nothing"}
    </button>
  )
}

function Status(): ReactElement {
  rendered("status")
  const { connection, waiting } = useStatus()
  const one = useStatus("tasks", "a")
  seen.statuses.add(one)
  return <output>{`${connection} ${waiting} ${one?.state ?? "unknown"}`}</output>
}

function People({ name }: { readonly name: string }): ReactElement {
  const peers = usePresence<{ readonly name: string }>({ name })
  return <aside>{peers.map(({ state }) => state.name).join(",")}</aside>
}

/** Says something beside what `People` says. */
function Place(): ReactElement {
  usePresence({ place: "the list" })
  return <></>
}

function App({
  workspace,
  id,
  name,
}: {
  readonly workspace: Tasks | undefined
  id: string
  name: string
}): ReactElement {
  return (
    <StrictMode>
      <WorkspaceProvider workspace={workspace}>
        <List />
        <One id={id} />
        <Status />
        <People name={name} />
        <Place />
      </WorkspaceProvider>
    </StrictMode>
  )
}

let workspace: Tasks
let root: Root | undefined
let shown = { id: "a", name: "nobody" }

globalThis.addEventListener("error", (event) => seen.errors.push(event.message))
const complain = console.error
console.error = (...args: unknown[]) => {
  seen.errors.push(args.map(String).join(" "))
  complain(...args)
}

/** What the test calls in the page. */
const page = {
  async open(options: { readonly url: string; readonly token: string; readonly name: string }): Promise<void> {
    workspace = openWorkspace({ name: "w", schema, url: options.url, token: options.token })
    shown = { id: "a", name: options.name }
    await workspace.ready
    const container = document.createElement("main")
    // What a server would have sent, taken over by the same tree with data.
    container.innerHTML = renderToString(<App workspace={undefined} {...shown} />)
    document.body.append(container)
    root = hydrateRoot(container, <App workspace={workspace} {...shown} />, {
      onRecoverableError: (error) => seen.errors.push(String(error)),
    })
  },
  put(id: string, title: string, note?: string): void {
    flushSync(() => void workspace.collection("tasks").put(id, note === undefined ? { title } : { title, note }))
  },
  show(id: string): void {
    shown = { ...shown, id }
    flushSync(() => root?.render(<App workspace={workspace} {...shown} />))
  },
  counts: () => ({ ...seen, rows: seen.rows.size, statuses: seen.statuses.size }),
  unmount: (): void => root?.unmount(),
  said: (): unknown => workspace.awareness.getLocalState(),
  close: (): Promise<void> => workspace.close(),
}

export type ReactPage = typeof page

declare global {
  var reactPage: ReactPage
}

globalThis.reactPage = page
