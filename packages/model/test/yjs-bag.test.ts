import { expect, test } from "vitest"
import * as Y from "yjs"
import {
  bagAt,
  type BagType,
  eachAdded,
  eachElement,
  eachRemoved,
  type ElementId,
  maxRunElements,
  mayBeBag,
  putElement,
  removeElement,
  rootName,
  type Run,
} from "../src/yjs-bag.ts"
import { baseSeed, Seeded } from "./support/seeded.ts"

// Everything that yjs exports without documenting is proved here: run this file before yjs moves.

function elementsOf(doc: Y.Doc): readonly string[] {
  const found: string[] = []
  eachElement(doc.getArray("bag"), (_, __, ___, element) => void found.push(element as string))
  return found.sort()
}

function structs(doc: Y.Doc): number {
  return [...doc.store.clients.values()].reduce((sum, list) => sum + list.length, 0)
}

test("M14 elements are put in and taken out by id, as Y.Array itself and every replica see it", () => {
  const random = new Seeded(baseSeed())
  const docs = [new Y.Doc(), new Y.Doc(), new Y.Doc()]
  const runs = new Map<Y.Doc, Run>()
  const living = new Map<string, ElementId>()
  for (let step = 0; step < 600; step++) {
    const doc = random.pick(docs)
    const bag = doc.getArray<string>("bag")
    const choice = random.float()
    if (choice < 0.6) {
      doc.transact((transaction) => {
        const run = putElement(transaction, bag, `e${step}`, runs.get(doc))
        runs.set(doc, run)
        living.set(`e${step}`, run.last)
      }, "test")
    } else if (choice < 0.75) {
      const here = elementsOf(doc)
      if (here.length === 0) continue
      const text = random.pick(here)
      const id = living.get(text)
      if (id === undefined) throw new Error(`${text} came back`)
      doc.transact((transaction) => removeElement(transaction, id), "test")
      living.delete(text)
      for (const other of docs) Y.applyUpdate(other, Y.encodeStateAsUpdate(doc), "network")
    } else if (choice < 0.8) {
      // The array's own methods keep working beside ours.
      if (bag.length > 0) expect(bag.get(random.below(bag.length))).toEqual(expect.any(String))
      expect([...bag.toArray()].sort()).toEqual(elementsOf(doc))
    } else {
      const other = random.pick(docs)
      Y.applyUpdate(other, Y.encodeStateAsUpdate(doc, Y.encodeStateVector(other)), "network")
    }
  }
  for (const from of docs) for (const to of docs) Y.applyUpdate(to, Y.encodeStateAsUpdate(from), "network")
  const expected = [...living.keys()].sort()
  for (const doc of docs) {
    expect(elementsOf(doc)).toEqual(expected)
    expect([...doc.getArray<string>("bag").toArray()].sort()).toEqual(expected)
    for (const [text, id] of living) expect(bagAt(doc, id), text).toBe(doc.getArray("bag"))
  }
  const fresh = new Y.Doc()
  Y.applyUpdate(fresh, Y.encodeStateAsUpdate(docs.at(0) as Y.Doc), "network")
  expect(elementsOf(fresh)).toEqual(expected)
})

test("M14 elements of one session share structs, in runs that do not grow for ever", () => {
  const doc = new Y.Doc()
  let run: Run | undefined
  const count = maxRunElements * 2 + 10
  for (let at = 0; at < count; at++) {
    doc.transact((transaction) => {
      run = putElement(transaction, doc.getArray("bag"), `e${at}`, run)
    }, "test")
  }
  expect(doc.getArray("bag")).toHaveLength(count)
  expect(structs(doc)).toBe(3)
  const longest = Math.max(...[...doc.store.clients.values()].flat().map(({ length }) => length))
  expect(longest).toBe(maxRunElements)
})

test("M14 taking out what is gone, or was never here, does nothing", () => {
  const doc = new Y.Doc()
  doc.transact((transaction) => {
    const { last } = putElement(transaction, doc.getArray("bag"), "once")
    removeElement(transaction, last)
    removeElement(transaction, last)
    removeElement(transaction, { client: 5, clock: 99 })
  }, "test")
  expect(doc.getArray("bag").toArray()).toEqual([])
})

test("M14 the array's remembered places do not outlive our writes", () => {
  const doc = new Y.Doc()
  const bag = doc.getArray<string>("bag")
  for (let at = 0; at < 300; at++) bag.push([`p${at}`])
  expect(bag.get(200)).toBe("p200")
  doc.transact((transaction) => void putElement(transaction, bag, "ours at the head"), "test")
  expect(bag.get(201)).toBe("p200")
  doc.transact((transaction) => removeElement(transaction, { client: doc.clientID, clock: 0 }), "test")
  expect(bag.get(200)).toBe("p200")
  bag.insert(200, ["theirs"])
  expect(bag.slice(199, 202)).toEqual(["p199", "theirs", "p200"])
})

test("M14 a transaction tells what it put in and took out, content included, before Yjs forgets it", () => {
  const doc = new Y.Doc()
  const other = new Y.Doc()
  const told: string[] = []
  doc.on("beforeObserverCalls", (transaction: Y.Transaction) => {
    eachAdded(transaction, (bag, _, __, element) => void told.push(`+${rootName(bag)}:${element as string}`))
    eachRemoved(transaction, (bag, _, __, element) => void told.push(`-${rootName(bag)}:${element as string}`))
  })
  other.getArray("bag").push(["a", "b", "c"])
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(other), "network")
  other.transact(() => {
    other.getArray("bag").delete(1)
    other.getArray("bag").push(["d"])
  }, "test")
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(other, Y.encodeStateVector(doc)), "network")
  expect(told).toEqual(["+bag:a", "+bag:b", "+bag:c", "+bag:d", "-bag:b"])
})

test("M14 roots of other kinds and nested types are told apart from bags", () => {
  const doc = new Y.Doc()
  expect(mayBeBag(doc.getText("t") as unknown as BagType)).toBe(false)
  expect(mayBeBag(doc.getMap("m") as unknown as BagType)).toBe(false)
  expect(mayBeBag(doc.getXmlFragment("x") as unknown as BagType)).toBe(false)
  const nested = new Y.Array()
  doc.getMap("m").set("k", nested)
  expect(rootName(nested)).toBeUndefined()
  expect(rootName(doc.getArray("bag"))).toBe("bag")
})
