// A list of notes as its author wrote it: idb, string keys, a settings store. Nothing in this file knows of Millrace.
import { type DBSchema, openDB } from "idb"

export interface Note {
  id: string
  title: string
  body: string
  pinned: boolean
}

interface Notebook extends DBSchema {
  notes: { key: string; value: Note; indexes: { "by-title": string } }
  settings: { key: string; value: unknown }
}

const version = Number(new URLSearchParams(location.search).get("app") ?? 1)

export const dbPromise = openDB<Notebook>("notebook", version, {
  upgrade(db, oldVersion, _newVersion, tx) {
    if (oldVersion < 1) {
      db.createObjectStore("notes", { keyPath: "id" }).createIndex("by-title", "title")
      db.createObjectStore("settings")
    }
    if (oldVersion >= 1 && version >= 2) {
      void tx
        .objectStore("notes")
        .openCursor()
        .then(async function pin(cursor): Promise<void> {
          if (cursor === null) return
          await cursor.update({ ...cursor.value, pinned: cursor.value.pinned ?? false })
          await pin(await cursor.continue())
        })
    }
  },
})

export async function addNote(id: string, title: string): Promise<void> {
  await (await dbPromise).put("notes", { id, title, body: "", pinned: false })
}

export async function edit(id: string, change: (note: Note) => void): Promise<void> {
  const tx = (await dbPromise).transaction("notes", "readwrite")
  const note = await tx.store.get(id)
  if (note !== undefined) {
    change(note)
    await tx.store.put(note)
  }
  await tx.done
}

export async function importNotes(titles: readonly string[]): Promise<void> {
  const tx = (await dbPromise).transaction("notes", "readwrite")
  await Promise.all([
    ...titles.map((title) => tx.store.add({ id: `imported ${title}`, title, body: "", pinned: false })),
    tx.done,
  ])
}

export const allNotes = async (): Promise<Note[]> => (await dbPromise).getAllFromIndex("notes", "by-title")

export const setSetting = async (name: string, value: unknown): Promise<string> =>
  (await dbPromise).put("settings", value, name)

Object.assign(globalThis, { app: { dbPromise, addNote, edit, importNotes, allNotes, setSetting } })
