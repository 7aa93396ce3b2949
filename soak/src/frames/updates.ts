import type { SeededRandom } from "@millrace/testkit"
import * as Y from "yjs"

/** Roots that attackers write to, each of another kind. */
export const attackedRoots = {
  text: "attacked-text",
  map: "attacked-map",
  array: "attacked-array",
  xml: "attacked-xml",
}

const words = ["", "word", "two words", "\u4e00\u4e8c", "\ud83d\ude00", "x".repeat(200)]

/** A fresh client's first updates, in order: every kind of content that Yjs has, and deletions. */
export function freshUpdates(random: SeededRandom): readonly Uint8Array[] {
  const doc = new Y.Doc()
  doc.clientID = 65_536 + Math.floor(random.float() * 2 ** 52)
  const updates: Uint8Array[] = []
  doc.on("update", (update) => updates.push(update))
  for (let left = 2 + random.int(6); left > 0; left--) doc.transact(() => random.pick(edits)(doc, random))
  doc.destroy()
  return updates
}

const edits: readonly ((doc: Y.Doc, random: SeededRandom) => void)[] = [
  (doc, random) => doc.getText(attackedRoots.text).insert(0, random.pick(words), { bold: random.chance(0.5) }),
  (doc, random) => doc.getText(attackedRoots.text).insertEmbed(0, { at: random.int(9) }),
  (doc) => {
    const text = doc.getText(attackedRoots.text)
    if (text.length > 2) text.delete(1, 2)
  },
  (doc) => {
    const text = doc.getText(attackedRoots.text)
    if (text.length > 2) text.format(0, 2, { italic: true })
  },
  (doc, random) => doc.getMap(attackedRoots.map).set(`key ${random.int(3)}`, random.pick([...values, ...words])),
  (doc, random) => doc.getMap(attackedRoots.map).delete(`key ${random.int(3)}`),
  (doc, random) => doc.getMap(attackedRoots.map).set(`nested ${random.int(3)}`, nested(random)),
  (doc) => doc.getMap(attackedRoots.map).set("document", new Y.Doc({ guid: "inner" })),
  (doc, random) => doc.getArray(attackedRoots.array).push([random.pick(values), random.pick(words)]),
  (doc, random) => doc.getArray(attackedRoots.array).insert(0, [random.bytes(20)]),
  (doc) => {
    const array = doc.getArray(attackedRoots.array)
    if (array.length > 1) array.delete(0, 1)
  },
  (doc, random) => {
    const element = new Y.XmlElement("part")
    element.setAttribute("name", random.pick(words))
    element.insert(0, [new Y.XmlText("inner")])
    doc.getXmlFragment(attackedRoots.xml).insert(0, [element])
  },
]

const values = [null, true, -1, 0.5, 2 ** 40, { deep: [1, { er: "x" }] }, [], new Uint8Array([1, 2, 3])]

function nested(random: SeededRandom): Y.Map<unknown> | Y.Array<string> | Y.Text {
  const map = new Y.Map<unknown>([["inner", random.int(100)]])
  return random.pick([map, Y.Array.from(["one", "two"]), new Y.Text("three")])
}
