import { type ReactElement, useCallback, useEffect, useRef, useState } from "react"
import { CreateDialog } from "./datasets/create-dialog.tsx"
import { DatasetDetails, type DatasetDetailsHandle } from "./datasets/dataset-details.tsx"
import { DatasetList, type DatasetListHandle } from "./datasets/dataset-list.tsx"
import { DeleteDialog } from "./datasets/delete-dialog.tsx"
import { UndoToast } from "./datasets/undo-toast.tsx"
import { DraftNotice } from "./editing/draft-notice.tsx"
import { Header } from "./shell/header.tsx"
import type { Shell } from "./shell/register.ts"
import { ShortcutsDialog } from "./shell/shortcuts.tsx"
import { type View, ViewTabs } from "./shell/view-tabs.tsx"
import { AccessNotice } from "./status/access-notice.tsx"
import { announce } from "./status/announcer.ts"
import { LiveRegion } from "./status/live-region.tsx"
import { StorageNotice } from "./status/storage-notice.tsx"
import { withDataset } from "./workspace/address.ts"
import { useSession } from "./workspace/context.ts"
import type { DeletedDataset } from "./workspace/edits.ts"
import { useWorkspaceStatus } from "./workspace/hooks.ts"
import type { Tokens } from "./workspace/tokens.ts"

export interface ScreenProps {
  readonly dataset: string | undefined
  readonly tokens: Tokens
  readonly shell: Shell
  readonly reload: () => void
  readonly onView: (view: View) => void
}

type Dialog =
  | { readonly name: "create" }
  | { readonly name: "delete"; readonly id: string }
  | { readonly name: "shortcuts" }

interface Open {
  readonly id: string
  readonly focus: boolean
}

/** Datasets: list, details, and what to do about access. */
export function Screen(props: ScreenProps): ReactElement {
  const session = useSession()
  const { permission } = useWorkspaceStatus()
  const canEdit = permission !== "read"
  const [open, setOpen] = useState<Open | undefined>(
    props.dataset === undefined ? undefined : { id: props.dataset, focus: false },
  )
  const [dialog, setDialog] = useState<Dialog>()
  const [deleted, setDeleted] = useState<DeletedDataset>()
  const list = useRef<DatasetListHandle>(null)
  const details = useRef<DatasetDetailsHandle>(null)

  const openDataset = (id: string, how: "pointer" | "keyboard"): void => {
    if (open?.id === id && how === "keyboard") details.current?.focusFirstField()
    else setOpen({ id, focus: how === "keyboard" })
  }
  const openId = open?.id
  useEffect(() => {
    window.history.replaceState(null, "", withDataset(new URL(window.location.href), openId))
  }, [openId])

  const leaveDetails = (): void => list.current?.focusRow(openId)
  const closeDetails = (): void => {
    list.current?.focusRow(openId)
    setOpen(undefined)
  }

  const askDelete = (id: string): void => {
    if (canEdit) setDialog({ name: "delete", id })
  }
  const askCreate = (): void => {
    if (canEdit) setDialog({ name: "create" })
  }

  const confirmDelete = (id: string): void => {
    setDialog(undefined)
    if (openId === id) setOpen(undefined)
    const gone = session.edits.deleteDataset(id)
    if (gone === undefined) return
    setDeleted(gone)
    announce(`${id} deleted. Control Z in the list undoes it.`)
    // Once the dialog has given its focus back, which may be to what is no longer there.
    queueMicrotask(() => list.current?.focusRow(id))
  }

  const undo = useCallback((): void => {
    if (deleted === undefined) return
    session.edits.restoreDataset(deleted)
    setDeleted(undefined)
    announce(`${deleted.id} restored.`)
    queueMicrotask(() => list.current?.focusRow(deleted.id))
  }, [deleted, session])

  usePageKeys({
    undo,
    shortcuts: () => setDialog({ name: "shortcuts" }),
    filter: () => list.current?.focusFilter(),
    create: askCreate,
  })

  return (
    <div className={openId === undefined ? "screen" : "screen screen-open"}>
      <Header
        name={session.name}
        shell={props.shell}
        tabs={<ViewTabs view="datasets" onView={props.onView} />}
        onShortcuts={() => setDialog({ name: "shortcuts" })}
      />
      <AccessNotice workspace={session.name} tokens={props.tokens} onRetry={props.reload} />
      <StorageNotice />
      <DraftNotice onOpen={(id) => setOpen({ id, focus: false })} onCreate={askCreate} />
      <main className="panes">
        <DatasetList
          handle={list}
          openId={openId}
          canEdit={canEdit}
          onOpen={openDataset}
          onDelete={askDelete}
          onCreate={askCreate}
          onClose={() => setOpen(undefined)}
        />
        {open === undefined ? (
          <section className="details-pane details-none" aria-label="Details">
            <p>Choose a dataset to see and edit it.</p>
          </section>
        ) : (
          <DatasetDetails
            key={open.id}
            handle={details}
            id={open.id}
            canEdit={canEdit}
            focusOnOpen={open.focus}
            onClose={closeDetails}
            onLeave={leaveDetails}
            onDelete={askDelete}
          />
        )}
      </main>
      {deleted === undefined ? null : (
        <UndoToast deleted={deleted} onUndo={undo} onDismiss={() => setDeleted(undefined)} />
      )}
      {dialog?.name === "create" ? (
        <CreateDialog
          onClose={() => setDialog(undefined)}
          onCreated={(id) => {
            setDialog(undefined)
            setOpen({ id, focus: true })
            announce(`${id} created.`)
          }}
        />
      ) : null}
      {dialog?.name === "delete" ? (
        <DeleteDialog id={dialog.id} onClose={() => setDialog(undefined)} onConfirm={() => confirmDelete(dialog.id)} />
      ) : null}
      {dialog?.name === "shortcuts" ? <ShortcutsDialog onClose={() => setDialog(undefined)} /> : null}
      <LiveRegion />
    </div>
  )
}

interface PageKeys {
  readonly undo: () => void
  readonly shortcuts: () => void
  readonly filter: () => void
  readonly create: () => void
}

// Keys without a modifier act only where nobody types and no list has the focus, which has keys of its own.
function usePageKeys(keys: PageKeys): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const target = event.target instanceof HTMLElement ? event.target : undefined
      const types = target?.matches("input, textarea, select, dialog *") === true
      if (event.defaultPrevented || types) return
      const isUndo = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey
      const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey
      const action = isUndo ? keys.undo : isPlain ? plainKey(event.key, keys, target === document.body) : undefined
      if (action === undefined) return
      event.preventDefault()
      action()
    }
    window.addEventListener("keydown", onKeyDown)
    return () => window.removeEventListener("keydown", onKeyDown)
  })
}

function plainKey(key: string, keys: PageKeys, atRest: boolean): (() => void) | undefined {
  if (key === "?") return keys.shortcuts
  if (!atRest) return undefined
  if (key === "/") return keys.filter
  return key.toLowerCase() === "n" ? keys.create : undefined
}
