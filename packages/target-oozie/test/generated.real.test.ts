import { openRecords } from "@millrace/model"
import { seededRandom, tempDir } from "@millrace/testkit"
import { exportDefinitions, importDefinition, isElement, platformSchema } from "@millrace/workspace"
import { elementFaults, noScope } from "@millrace/workspace/grammar"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { canonicalXml, parseXml, printXml } from "../src/xml/index.ts"
import { documentSchemas, generate, writeLoosely } from "./support/generate.ts"
import { mutate } from "./support/mutate.ts"
import { canonicalByXmllint, refusedBySchemas } from "./support/schemas.ts"

const aDocument = 12

function throughRecords(text: string): string {
  const records = openRecords(new Y.Doc(), platformSchema)
  importDefinition(records, "it.xml", parseXml(text))
  const [file] = exportDefinitions(records).files
  if (typeof file?.content !== "object" || !("root" in file.content)) throw new Error("nothing came out")
  records.destroy()
  return printXml(file.content)
}

test("T412 definitions generated from every version of the schemas come out equal and valid, whatever they say", async () => {
  const random = seededRandom()
  const work = tempDir("generated")
  const given: { name: string; text: string }[] = []
  const out: { name: string; text: string }[] = []
  expect(documentSchemas.length).toBeGreaterThanOrEqual(20)
  for (const [namespace, root] of documentSchemas) {
    for (let at = 0; at < aDocument; at++) {
      const name = `${namespace} ${root} ${at}`
      const document = generate(random, namespace, root)
      const text = writeLoosely(random, document)
      expect(elementFaults(document, noScope), name).toEqual([])
      const printed = throughRecords(text)
      expect(canonicalXml(parseXml(printed)), name).toBe(canonicalXml(parseXml(text)))
      if (at < 3) expect(await canonicalByXmllint(printed, work), name).toBe(await canonicalByXmllint(text, work))
      given.push({ name, text })
      out.push({ name, text: printed })
    }
  }
  expect(await refusedBySchemas(given)).toEqual(new Map())
  expect(await refusedBySchemas(out)).toEqual(new Map())
})

test("T413 our grammar and the official schemas say the same of definitions with one thing changed", async () => {
  const random = seededRandom()
  const documents: { name: string; text: string }[] = []
  const refusedByUs = new Map<string, string>()
  for (const [namespace, root] of documentSchemas) {
    for (let at = 0; at < aDocument * 2; at++) {
      const name = `${namespace} ${root} ${at}`
      const changed = mutate(random, generate(random, namespace, root))
      documents.push({ name, text: printXml({ before: [], root: changed, after: [] }) })
      const [fault] = isElement(changed) ? elementFaults(changed, noScope) : []
      if (fault !== undefined) refusedByUs.set(name, `${fault.path.join(" ")}: ${fault.reason}`)
    }
  }
  const refused = await refusedBySchemas(documents)
  const textOf = (name: string): string => documents.find((each) => each.name === name)?.text ?? ""
  const onlyWe = [...refusedByUs]
    .filter(([name]) => !refused.has(name))
    .map(([name, why]) => `${name}: ${why}\n${textOf(name)}`)
  const onlyThey = [...refused]
    .filter(([name]) => !refusedByUs.has(name))
    .map(([name, why]) => `${name}: ${why}\n${textOf(name)}`)
  expect([...onlyWe, ...onlyThey]).toEqual([])
  expect(refused.size).toBeGreaterThan(documents.length / 4)
  expect(refused.size).toBeLessThan(documents.length)
})
