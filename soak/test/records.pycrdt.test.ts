import { spawn } from "node:child_process"
import { join } from "node:path"
import {
  defineSchema,
  exportText,
  type FieldOf,
  localOrigin,
  openRecords,
  type Records,
  set,
  text,
  value,
} from "@millrace/model"
import { atEndOfTests, seededRandom, type SeededRandom } from "@millrace/testkit"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { conversation } from "../src/stacks/line-client.ts"
import { pythonWithPycrdt } from "../src/stacks/pycrdt.ts"

const anyText: FieldOf<string> = value({
  "~standard": { version: 1, vendor: "test", validate: (given: unknown) => ({ value: given as string }) },
})

const schema = defineSchema({
  version: 1,
  collections: {
    tasks: {
      fields: {
        title: value(anyText.validator, { optional: true }),
        tags: set(anyText.validator, { optional: true }),
        notes: text({ optional: true }),
      },
    },
  },
})

const ids = ["r0", "r1", "r2"]
const elements = ["a", "b", "c"]

interface Look {
  readonly records: Readonly<
    Record<string, { readonly titles: readonly (string | null)[]; readonly tags: readonly string[] }>
  >
  readonly entries: readonly string[]
  readonly texts: Readonly<Record<string, string>>
}

/** A replica in either world. */
interface Side {
  merge(update: Uint8Array): Promise<void>
  state(): Promise<Uint8Array>
  act(random: SeededRandom, word: string): Promise<void>
}

interface OurSide extends Side {
  readonly doc: Y.Doc
  readonly records: Records<typeof schema>
}

function ours(client: number): OurSide {
  const doc = new Y.Doc()
  doc.clientID = client
  const records = openRecords(doc, schema)
  const tasks = records.collection("tasks")
  return {
    doc,
    records,
    merge: async (update) => Y.applyUpdate(doc, update, "network"),
    state: async () => Y.encodeStateAsUpdate(doc),
    act: async (random, word) => {
      const id = random.pick(ids)
      const choice = random.float()
      if (!tasks.has(id)) tasks.put(id, { title: word, tags: elements.filter(() => random.float() < 0.5), notes: word })
      else if (choice < 0.35) tasks.update(id, { title: choice < 0.05 ? undefined : word })
      else if (choice < 0.7) {
        const tags = tasks.set(id, "tags")
        const element = random.pick(elements)
        if (tags.has(element)) tags.remove(element)
        else tags.add(element)
      } else if (choice < 0.85) {
        doc.transact(() => tasks.text(id, "notes").insert(0, word), localOrigin)
      } else tasks.delete(id)
    },
  }
}

interface PythonSide extends Side {
  look(): Promise<Look>
}

async function theirs(client: number): Promise<PythonSide> {
  const child = spawn(await pythonWithPycrdt(), [join(import.meta.dirname, "../pycrdt-client/records.py")])
  atEndOfTests(() => void child.kill("SIGKILL"))
  const ask = conversation("pycrdt", child)
  await ask({ cmd: "start", clientId: client })
  let nonces = 0
  return {
    merge: async (update) => void (await ask({ cmd: "merge", update: Buffer.from(update).toString("base64") })),
    state: async () => {
      const { update } = (await ask({ cmd: "state" })) as { readonly update: string }
      return new Uint8Array(Buffer.from(update, "base64"))
    },
    look: async () => (await ask({ cmd: "look" })) as Look,
    act: async (random, word) => {
      const id = random.pick(ids)
      const choice = random.float()
      const tags = Object.fromEntries(elements.filter(() => random.chance(0.5)).map((element) => [element, 1]))
      const created = { title: word, tags, notes: word }
      if (choice < 0.2) await ask({ cmd: "put", id, nonce: `python${client}-${nonces++}`, fields: created })
      else if (choice < 0.45) await ask({ cmd: "edit", id, field: "title", value: random.chance(0.2) ? null : word })
      else if (choice < 0.75) {
        const element = random.pick(elements)
        await ask({ cmd: "element", id, field: "tags", element, value: random.chance(0.5) ? 1 : null })
      } else if (choice < 0.9) await ask({ cmd: "type", at: random.float(), chars: word })
      else await ask({ cmd: "delete", id })
    },
  }
}

test("M300 pycrdt reads and writes the same entries: both worlds converge, and each reads what the other wrote", async () => {
  const random = seededRandom()
  let written = 0
  for (let round = 0; round < 5; round += 1) {
    const [mine, hers, ...pythons] = [ours(70_001), ours(70_002), await theirs(70_003), await theirs(70_004)] as const
    const sides: readonly Side[] = [mine, hers, ...pythons]
    for (let step = 0; step < 120; step += 1) {
      const to = random.pick(sides)
      if (random.chance(0.7)) await to.act(random, `w${written++}`)
      else await to.merge(await random.pick(sides).state())
    }
    for (let turn = 0; turn < 2; turn += 1)
      for (const from of sides) for (const to of sides) if (from !== to) await to.merge(await from.state())

    // One state, whoever folds it, and from whoever's bytes.
    const text = exportText(mine.records)
    expect(exportText(hers.records)).toBe(text)
    expect(mine.records.unreadable).toEqual([])
    for (const python of pythons) {
      const late = ours(70_009)
      await late.merge(await python.state())
      expect(exportText(late.records)).toBe(text)
      const look = await python.look()
      expect(look.entries).toEqual(mine.doc.getArray<string>("tasks").toArray().sort())
      const typed = [...mine.doc.getMap("$texts")].map(([key, each]) => [key, (each as Y.Text).toJSON()])
      expect(look.texts).toEqual(Object.fromEntries(typed))
      const tasks = mine.records.collection("tasks")
      expect(Object.keys(look.records).sort()).toEqual([...tasks.ids()].sort())
      for (const [id, seen] of Object.entries(look.records)) {
        const record = tasks.get(id)
        expect(record?.tags).toEqual(seen.tags)
        // An array does not say who wrote an element: of equal stamps pycrdt cannot know which wins.
        expect(seen.titles).toContain(record?.title ?? null)
      }
    }
    for (const { records } of [mine, hers]) records.destroy()
  }
  expect(written).toBeGreaterThan(300)
})
