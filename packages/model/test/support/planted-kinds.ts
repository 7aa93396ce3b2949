import * as Y from "yjs"
import { localOrigin } from "../../src/index.ts"
import { encodeEdit, readEntry } from "../../src/entry.ts"
import { noncesOf, type OpenKinds, realKinds } from "../../src/suite/subject.ts"

/** Merges that undo takes for one's own writes. */
export const undoingOthers: OpenKinds = (doc, clock, random, version) => ({
  ...realKinds(doc, clock, random, version),
  merge: (update) => Y.applyUpdate(doc, update, localOrigin),
})

/** A text that every replica makes for itself: of two under one key Yjs keeps one. */
export const ownTexts: OpenKinds = (doc, clock, random, version) => {
  const real = realKinds(doc, clock, random, version)
  return {
    ...real,
    type: (id, at, char) => {
      const [nonce] = noncesOf(doc, id)
      const key = JSON.stringify(["tasks", id, nonce, "notes"])
      const root = doc.getMap<Y.Text>("$texts")
      const first = real.view(id).record?.["notes"]
      doc.transact(() => {
        if (root.get(key) === undefined) root.set(key, new Y.Text(typeof first === "string" ? first : ""))
        const text = root.get(key)
        if (char === undefined) text?.delete(at, 1)
        else text?.insert(Math.min(at, text.length), char)
      }, localOrigin)
    },
  }
}

/** A set that is written as a whole, and so replaces what its writer had not seen. */
export const wholeSets: OpenKinds = (doc, clock, random, version) => {
  const real = realKinds(doc, clock, random, version)
  const write = (id: string, change: (tags: Set<string>) => void): boolean => {
    const tags = new Set((real.view(id).record?.["tags"] ?? []) as readonly string[])
    change(tags)
    return real.update(id, { tags: undefined }) && real.update(id, { tags: [...tags] })
  }
  return {
    ...real,
    add: (id, tag) => write(id, (tags) => tags.add(tag)),
    drop: (id, tag) => write(id, (tags) => tags.delete(tag)),
  }
}

/** A fold in which a removal hides an element whoever added it. */
export const removalsWin: OpenKinds = (doc, clock, random, version) => {
  const real = realKinds(doc, clock, random, version)
  return {
    ...real,
    view: (id) => {
      const view = real.view(id)
      const removed = new Set<string | null>()
      for (const text of doc.getArray<string>("tasks").toArray()) {
        const entry = readEntry(text)
        if (entry.kind === "edit" && entry.id === id && entry.field === "props" && entry.value === undefined) {
          removed.add(entry.element)
        }
      }
      const props = Object.entries((view.record?.["props"] ?? {}) as Readonly<Record<string, string>>)
      if (view.record?.["props"] === undefined) return view
      const left = Object.fromEntries(props.filter(([key]) => !removed.has(key)))
      return { ...view, record: { ...view.record, props: left } }
    },
  }
}

/** A list whose elements are removed together with what somebody else makes of them: by all their entries. */
export const forgetfulLists: OpenKinds = (doc, clock, random, version) => {
  const real = realKinds(doc, clock, random, version)
  return {
    ...real,
    change: (id, at, value) => {
      const element = real.keys(id)[at] ?? ""
      const edit = { id, tags: noncesOf(doc, id), stamp: 1, field: "steps", element, part: "value", value } as const
      doc.transact(() => doc.getArray<string>("tasks").push([encodeEdit(edit)]), localOrigin)
      return true
    },
  }
}

/** A new generation that leaves disputes behind. */
export const forgettingDisputes: OpenKinds = (doc, clock, random, version) => {
  const real = realKinds(doc, clock, random, version)
  return {
    ...real,
    freshFingerprint: () => {
      const [records, , orphans] = JSON.parse(real.freshFingerprint()) as readonly unknown[]
      return JSON.stringify([records, [[], [], []], orphans])
    },
  }
}

/** A delete that leaves alone what refers to the record. */
export const forgetfulCascade: OpenKinds = (doc, clock, random, version) => {
  const real = realKinds(doc, clock, random, version)
  return {
    ...real,
    delete: (id) =>
      doc.transact(() => {
        const referring = ["r0", "r1", "r2"].filter((each) => each !== id && real.view(each).record?.["parent"] === id)
        for (const each of referring) real.update(each, { parent: undefined })
        return real.delete(id)
      }, localOrigin),
  }
}
