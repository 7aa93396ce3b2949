import { openRecords, type Records } from "@millrace/model"
import { expect, test } from "vitest"
import * as Y from "yjs"
import {
  type Content,
  definitionOf,
  type DefinitionDocument,
  type DocumentCollection,
  type Element,
  exportDefinitions,
  importDefinition,
  importProperties,
  platformSchema,
  type PlatformSchema,
  sourceOf,
} from "../src/index.ts"

const made = (
  name: string,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly Content[]
): Element => ({
  name,
  attributes: Object.entries(attributes),
  ...(children.length === 0 ? {} : { children }),
})
const documentOf = (root: Element): DefinitionDocument => ({ before: [], root, after: [] })
const opened = (): Records<PlatformSchema> => openRecords(new Y.Doc(), platformSchema)
function reasons(collection: DocumentCollection, root: Element): string {
  const records = opened()
  importDefinition(records, "it.xml", documentOf(root))
  const { problems = [] } = definitionOf(sourceOf(records), collection, "it.xml") ?? {}
  return problems.map(({ field, reason }) => `${field}: ${reason}`).join("\n")
}

const times = { start: "2026-01-01T00:00Z", end: "2027-01-01T00:00Z", timezone: "UTC" }
const dataset = (name: string, more: Readonly<Record<string, string>> = {}): Element =>
  made(
    "dataset",
    { name, frequency: "60", "initial-instance": "2026-01-01T00:00Z", timezone: "UTC", ...more },
    made("uri-template", {}, "/d/${YEAR}"),
  )
const coordinator = (
  attributes: Readonly<Record<string, string>>,
  parts: readonly Content[] = [],
  path = "/w",
): Element =>
  made(
    "coordinator-app",
    { xmlns: "uri:oozie:coordinator:0.4", name: "c", frequency: "60", ...times, ...attributes },
    ...parts,
    made("action", {}, made("workflow", {}, made("app-path", {}, path))),
  )
const inputOf = (of: string): Element =>
  made("input-events", {}, made("data-in", { name: "i", dataset: of }, made("instance", {}, "${coord:current(0)}")))

test("M406 a coordinator, a bundle and a file of datasets are judged: times, frequencies, controls, references, names", () => {
  const datasets = made("datasets", {}, dataset("d"))
  expect(reasons("coordinators", coordinator({}, [datasets, inputOf("d")], "/w/${coord:dataIn('i')}"))).toBe("")
  const cases: readonly (readonly [Element, string])[] = [
    [coordinator({ frequency: "0" }), "frequency: 0 minutes would run without a pause"],
    [coordinator({ frequency: "99 * * * *" }), 'frequency: "99" is no minute'],
    [coordinator({ start: "tomorrow" }), 'start: "tomorrow" is no time'],
    [coordinator({ end: "2025-01-01T00:00Z" }), "end: it ends at 2025-01-01T00:00Z, which is not after its start"],
    [coordinator({ timezone: "" }), "timezone: it has no time zone"],
    [
      coordinator({}, [made("controls", {}, made("concurrency", {}, "0"))]),
      'controls: concurrency "0" is no whole number',
    ],
    [coordinator({}, [made("controls", {}, made("execution", {}, "SOON"))]), 'execution "SOON" is none of FIFO'],
    [coordinator({}, [datasets, inputOf("e")]), 'inputEvents: event "i" waits for the dataset "e", which is not there'],
    [coordinator({}, [made("datasets", {}, dataset("d"), dataset("d"))]), 'datasets: two datasets are named "d"'],
    [coordinator({}, [made("datasets", {}, dataset("d", { frequency: "${coord:days(0)}" }))]), 'dataset "d": '],
    [coordinator({}, [], "/w/${coord:dataIn('nowhere')}"), 'coord:dataIn("nowhere") names an event that is not there'],
    [coordinator({}, [], "${wf:id()}"), "wf:id() is only there in a workflow"],
    [coordinator({}, [], "${coord:"), "the expression"],
    [coordinator({ xmlns: "uri:oozie:coordinator:9" }), '"uri:oozie:coordinator:9" is no schema of a coordinator'],
    [coordinator({ strange: "1" }), 'it has no attribute "strange"'],
  ]
  for (const [root, wanted] of cases) expect(reasons("coordinators", root), wanted).toContain(wanted)
  // What an include brings is not known here.
  const including = made("datasets", {}, made("include", {}, "more.xml"))
  expect(reasons("coordinators", coordinator({}, [including, inputOf("e")]))).toBe("")
  const child = made("coordinator", { name: "c" }, made("app-path", {}, "/c"))
  const bundle = made("bundle-app", { xmlns: "uri:oozie:bundle:0.2", name: "b" }, child, child)
  expect(reasons("bundles", bundle)).toContain('two coordinators are named "c"')
  expect(reasons("datasetDefinitions", made("datasets", {}, dataset("d"), dataset("1d")))).toContain('"1d" is no name')
})

test("M407 a file that is imported again is found by its path and its nodes by their names; what it lacks goes", () => {
  const records = opened()
  const kill = made("kill", { name: "k" }, made("message", {}, "no"))
  const workflow = (...names: readonly string[]): DefinitionDocument =>
    documentOf(
      made(
        "workflow-app",
        { xmlns: "uri:oozie:workflow:0.5", name: "w" },
        made("start", { to: names[0] ?? "end" }),
        ...names.map((name, at) =>
          made(
            "action",
            { name },
            made("fs", {}),
            made("ok", { to: names[at + 1] ?? "end" }),
            made("error", { to: "k" }),
          ),
        ),
        kill,
        made("end", { name: "end" }),
      ),
    )
  importDefinition(records, "a/w.xml", workflow("one", "two"))
  const nodes = records.collection("workflowNodes")
  const order = nodes.get("a/w.xml#two")?.order
  records.collection("workflows").update("a/w.xml", { path: "b/w.xml" })
  importDefinition(records, "b/w.xml", workflow("one", "between", "two"))
  expect(nodes.get("a/w.xml#two")?.order).toBe(order)
  expect([...nodes.ids()].sort()).toEqual(
    ["#between", "#end", "#k", "#one", "#start", "#two"].map((name) => `a/w.xml${name}`),
  )
  expect(importDefinition(records, "b/w.xml", workflow("one", "between", "two")).written).toBe(0)
  importDefinition(records, "b/w.xml", workflow("two"))
  expect([...nodes.ids()].sort()).toEqual(["#end", "#k", "#start", "#two"].map((name) => `a/w.xml${name}`))
  expect(records.orphans()).toEqual([])
  // Two replicas that import the same file apart have one copy.
  const [left, right] = [opened(), opened()]
  for (const each of [left, right]) importDefinition(each, "w.xml", workflow("one"))
  Y.applyUpdate(left.doc, Y.encodeStateAsUpdate(right.doc), "network")
  expect(left.collection("workflowNodes").size).toBe(4)
  expect(definitionOf(sourceOf(left), "workflows", "w.xml")?.problems).toEqual([])
})

test("M408 what cannot be taken apart, has no place in a tree or does not fit is refused, and nothing is written", () => {
  const records = opened()
  const before = Y.encodeStateVector(records.doc)
  const refuse = (root: Element, path: string, message: string): void => {
    expect(() => importDefinition(records, path, documentOf(root)), message).toThrow(message)
  }
  refuse(made("configuration", {}), "a.xml", "<configuration>")
  refuse(coordinator({}), "../a.xml", "a relative path")
  refuse(coordinator({}), "/a.xml", "a relative path")
  refuse(coordinator({}, [made("strange", {})]), "a.xml", "<strange> does not belong")
  refuse(coordinator({ name: "x".repeat(300_000) }), "a.xml", "262144 fit")
  refuse(
    made("workflow-app", { xmlns: "uri:oozie:workflow:0.5", name: "w" }, made("action", { name: "a" })),
    "a.xml",
    "says nothing to do",
  )
  expect(Y.encodeStateVector(records.doc)).toEqual(before)
  importDefinition(records, "a.xml", documentOf(coordinator({})))
  importProperties(records, "a.properties", new Uint8Array([0xff, 0x0a]))
  records.collection("propertiesFiles").put("other", { path: "a.xml", content: "" })
  records.collection("propertiesFiles").put("third", { path: "c.properties", content: "a=b\r\n" })
  const { files, refused } = exportDefinitions(records)
  expect(files.map(({ path }) => path)).toEqual(["a.properties", "c.properties"])
  expect(files.map(({ content }) => content)).toEqual([new Uint8Array([0xff, 0x0a]), "a=b\r\n"])
  expect(refused).toHaveLength(2)
})
