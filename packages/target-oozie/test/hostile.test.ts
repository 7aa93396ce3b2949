import { openRecords, type Records } from "@millrace/model"
import { MillraceError } from "@millrace/ports"
import {
  definitionOf,
  type DocumentCollection,
  documentCollections,
  elLiteral,
  importDefinition,
  platformSchema,
  type PlatformSchema,
  readEl,
  sourceOf,
} from "@millrace/workspace"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { sampleWorkflow } from "../src/suite/index.ts"
import { canonicalXml, parseXml, printXml, type XmlElement } from "../src/xml/index.ts"

const coordinator = `<coordinator-app xmlns="uri:oozie:coordinator:0.4" name="c" frequency="60" start="2026-01-01T00:00Z"
  end="2027-01-01T00:00Z" timezone="UTC"><!--why--><parameters><property><name>a</name></property></parameters>
  <controls><timeout>10</timeout></controls><datasets><dataset name="d" frequency="60" initial-instance="2026-01-01T00:00Z"
  timezone="UTC"><uri-template>/d</uri-template></dataset></datasets><input-events><data-in name="i" dataset="d">
  <instance>\${coord:current(0)}</instance></data-in></input-events><output-events><data-out name="o" dataset="d"><instance>x
  </instance></data-out></output-events><action><workflow><app-path>/w</app-path></workflow></action></coordinator-app>`
const bundle = `<bundle-app xmlns="uri:oozie:bundle:0.2" name="b"><controls><kick-off-time>2026-01-01T00:00Z</kick-off-time>
  </controls><coordinator name="c"><app-path>/c</app-path></coordinator></bundle-app>`
const datasets = `<datasets xmlns="uri:oozie:coordinator:0.4"><dataset name="d" frequency="60"
  initial-instance="2026-01-01T00:00Z" timezone="UTC"><uri-template>/d</uri-template></dataset></datasets>`

const hostile = [
  "</name><evil/>",
  '"/><evil a="',
  "'/><evil a='",
  "]]><evil/>",
  "--><evil/><!--",
  "?><evil/><?x",
  "&#60;evil/&#62;",
  "&evil;",
  "<!DOCTYPE a>",
  "evil xmlns:x='y'",
  "a b",
  "a:b:c",
  "xmlns:evil",
  "../../evil",
  "/evil",
  "\u0000",
  "\u001B[2J",
  "\uD800",
  "\uFFFE",
  "\u2028\u0085",
  "\u{1F600}",
  "\r\n\t ",
  "__proto__",
  "",
  "evil\u202E",
]

/** Values of a field of any kind with a hostile text in each of its places. */
function hostileValues(text: string): readonly unknown[] {
  return [
    text,
    [text],
    [{ name: text }],
    [{ name: "a", children: [text] }],
    [{ name: "a", attributes: [[text, "v"]] }],
    [{ name: "a", attributes: [["b", text]] }],
    [{ comment: text }],
    [{ instruction: text, data: "" }],
    [{ instruction: "a", data: text }],
    { a: text },
    Object.fromEntries([[text, "v"]]),
    { element: { name: text } },
    { element: { attributes: [[text, "v"]] } },
    { element: { attributes: [["b", text]] } },
    { element: { before: [{ comment: text }] } },
    { element: { inside: [text] } },
    { switch: { before: [text] } },
    { parameters: { inside: [{ comment: text }] } },
  ]
}

const elementCount = (element: XmlElement): number =>
  1 +
  (element.children ?? []).reduce(
    (sum, child) => sum + (typeof child === "object" && "name" in child ? elementCount(child) : 0),
    0,
  )

function opened(): Records<PlatformSchema> {
  const records = openRecords(new Y.Doc(), platformSchema)
  importDefinition(records, "workflow.xml", sampleWorkflow)
  importDefinition(records, "coordinator.xml", parseXml(coordinator))
  importDefinition(records, "bundle.xml", parseXml(bundle))
  importDefinition(records, "datasets.xml", parseXml(datasets))
  return records
}

const isRefusal = (thrown: unknown): boolean => thrown instanceof MillraceError && thrown.kind === "invalid"

/** What is printed of the definition, nothing where it is refused; it says just what the records do. */
function printedOf(records: Records<PlatformSchema>, collection: DocumentCollection, id: string): string | undefined {
  const definition = definitionOf(sourceOf(records), collection, id)
  if (definition === undefined) return undefined
  try {
    const text = printXml(definition.document)
    const read = parseXml(text)
    expect(canonicalXml(read)).toBe(canonicalXml(definition.document))
    expect(elementCount(read.root)).toBe(elementCount(definition.document.root))
    return text
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown
    expect(
      definition.problems,
      `${collection} ${id} is refused only when it is printed: ${String(thrown)}`,
    ).not.toEqual([])
    return undefined
  }
}

test(
  "T414 whatever text stands in whatever field of whatever record, it is refused or it stays that text",
  { timeout: 60_000 },
  () => {
    const records = opened()
    let taken = 0
    let refused = 0
    let turn = 0
    for (const name of [...documentCollections, "workflowNodes", "workflowTransitions"] as const) {
      const collection = records.collection<string>(name)
      const kinds = new Set<unknown>()
      for (const [id, record] of [...collection.all()].sort(([a], [b]) => (a < b ? -1 : 1))) {
        const { kind, workflow = id } = record as { readonly kind?: string; readonly workflow?: string }
        if (kinds.has(kind)) continue
        kinds.add(kind)
        for (const field of Object.keys(platformSchema.collections[name].fields)) {
          if (["workflow", "from", "to", "kind"].includes(field)) continue
          // A sixth of the texts in each field, others in the next.
          turn++
          for (const value of hostile.filter((_, at) => at % 6 === turn % 6).flatMap(hostileValues)) {
            try {
              collection.update(id, { [field]: value } as never)
            } catch (thrown) {
              if (!isRefusal(thrown)) throw thrown
              refused++
              continue
            }
            taken++
            const document = name === "workflowNodes" || name === "workflowTransitions" ? "workflows" : name
            const text = printedOf(records, document, workflow) ?? ""
            expect(text.replaceAll(/<!--[^]*?-->|<\?[^]*?\?>/g, "")).not.toMatch(/<evil|<!DOCTYPE|&evil;/)
          }
          collection.put(id, record)
        }
      }
    }
    expect(taken).toBeGreaterThan(500)
    expect(refused).toBeGreaterThan(500)
  },
)

test("T415 a text that is put into a definition as a literal makes no expression, whatever it holds", () => {
  const evaluated = (text: string): string => text.replaceAll('${"$"}', "$")
  for (const text of ["${wf:conf('x')}", "$${a}", "${", "a${b", "${'${'}", "$", "{a}", '${"$"}{a}', ...hostile]) {
    const literal = elLiteral(text)
    const { fault, uses } = readEl(literal)
    expect([fault, uses], literal).toEqual([undefined, []])
    if (!text.includes('${"$"}')) expect(evaluated(literal)).toBe(text)
  }
})

test("T416 names cannot be expressions: a node, dataset or event that is named by one is a problem, and is not sent", () => {
  const records = opened()
  records.collection("workflowNodes").update("workflow.xml#load", { name: "${wf:conf('x')}" })
  const list = records.collection("coordinators").list("coordinator.xml", "datasets")
  list.set(0, { name: "dataset", attributes: [["name", "${x}"]] })
  const problems = documentCollections.flatMap((collection) =>
    [...records.collection(collection).ids()].flatMap(
      (id) => definitionOf(sourceOf(records), collection, id)?.problems ?? [],
    ),
  )
  expect(problems.filter(({ reason }) => reason.includes("is no name")).map(({ id }) => id)).toEqual(
    expect.arrayContaining(["workflow.xml#load", "coordinator.xml"]),
  )
})
