import * as Y from "yjs"
import type { Look, Operation } from "./operations.ts"

/** Does all steps in one transaction of a Yjs document, in Node or in a browser. */
export function edit(doc: Y.Doc, operations: readonly Operation[]): void {
  const text = doc.getText("text")
  const map = doc.getMap<string>("map")
  const bag = doc.getArray<string>("bag")
  doc.transact(() => {
    for (const operation of operations) {
      switch (operation.op) {
        case "insert":
          text.insert(place(operation.at, text.length + 1), operation.chars)
          break
        case "erase": {
          const at = place(operation.at, text.length)
          text.delete(at, Math.min(operation.count, text.length - at))
          break
        }
        case "set":
          map.set(operation.key, operation.value)
          break
        case "unset":
          map.delete(operation.key)
          break
        case "push":
          bag.push([operation.value])
          break
        case "drop":
          if (bag.length > 0) bag.delete(place(operation.at, bag.length))
          break
      }
    }
  })
}

export function lookAt(doc: Y.Doc): Look {
  return {
    text: doc.getText("text").toJSON(),
    map: doc.getMap<string>("map").toJSON(),
    bag: doc.getArray<string>("bag").toArray(),
    state: [...Y.encodeStateVector(doc)],
    pending: doc.store.pendingStructs !== null || doc.store.pendingDs !== null,
  }
}

function place(share: number, length: number): number {
  return Math.max(0, Math.min(Math.floor(share * length), length - 1))
}
