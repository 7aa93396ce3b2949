import { openRecords, type Records } from "@millrace/model"
import { expect, test } from "vitest"
import * as Y from "yjs"
import {
  type Content,
  definitionOf,
  frequencyFault,
  importDefinition,
  platformSchema,
  type PlatformSchema,
  readEl,
  sourceOf,
  sourceOfRecords,
} from "../src/index.ts"
import { deleteNode, insertAction, moveTransition, renameNode } from "../src/index.ts"
import { exportRecords } from "@millrace/model"

const node = (
  name: string,
  attributes: Readonly<Record<string, string>>,
  children: readonly Content[] = [],
): Content => ({
  name,
  attributes: Object.entries(attributes),
  ...(children.length === 0 ? {} : { children }),
})
const action = (name: string, ok: string, error = "fail"): Content =>
  node("action", { name }, [
    { name: "fs", children: [node("mkdir", { path: `/${name}` })] },
    node("ok", { to: ok }),
    node("error", { to: error }),
  ])
const fork = (name: string, ...paths: readonly string[]): Content =>
  node(
    "fork",
    { name },
    paths.map((start) => node("path", { start })),
  )
const decision = (name: string, to: string, otherwise: string): Content =>
  node("decision", { name }, [
    {
      name: "switch",
      children: [{ name: "case", attributes: [["to", to]], children: ["${true}"] }, node("default", { to: otherwise })],
    },
  ])
const kill: Content = node("kill", { name: "fail" }, [{ name: "message", children: ["no"] }])

function workflowOf(start: string, ...nodes: readonly Content[]): Records<PlatformSchema> {
  const records = openRecords(new Y.Doc(), platformSchema)
  const root = {
    name: "workflow-app",
    attributes: [["xmlns", "uri:oozie:workflow:0.5"] as const, ["name", "w"] as const],
    children: [node("start", { to: start }), ...nodes, kill, node("end", { name: "end" })],
  }
  importDefinition(records, "w.xml", { before: [], root, after: [] })
  return records
}
const problemsOf = (records: Records<PlatformSchema>): readonly string[] =>
  (definitionOf(sourceOf(records), "workflows", "w.xml")?.problems ?? []).map(({ id, reason }) => `${id}: ${reason}`)

test("M400 nodes and transitions are records of their own: a new name is followed, and what two people change apart unites", () => {
  const records = workflowOf("a", action("a", "b"), action("b", "end"))
  expect(problemsOf(records)).toEqual([])
  const other = openRecords(new Y.Doc(), platformSchema)
  Y.applyUpdate(other.doc, Y.encodeStateAsUpdate(records.doc), "network")
  renameNode(records, "w.xml#b", "renamed")
  const body = [{ name: "exec", children: ["x"] }]
  insertAction(other, "w.xml#a>ok", {
    id: "n",
    name: "n",
    action: "shell",
    actionAttributes: { xmlns: "uri:oozie:shell-action:0.3" },
    body,
    errorTo: "w.xml#fail",
  })
  Y.applyUpdate(records.doc, Y.encodeStateAsUpdate(other.doc), "network")
  expect(problemsOf(records)).toEqual([])
  const text = JSON.stringify(definitionOf(sourceOf(records), "workflows", "w.xml")?.document)
  expect(text).toContain('"ok","attributes":[["to","n"]]')
  expect(text).toContain('"ok","attributes":[["to","renamed"]]')
  deleteNode(records, "n")
  expect(problemsOf(records)).toEqual([])
  expect(() => deleteNode(records, "w.xml#fail")).toThrow("2 transitions lead to it")
})

test("M401 what is wrong with a workflow is said at the record that must be changed, in the words of its editors", () => {
  const fine = workflowOf(
    "f",
    fork("f", "a", "b"),
    action("a", "j"),
    action("b", "j"),
    node("join", { name: "j", to: "end" }),
  )
  expect(problemsOf(fine)).toEqual([])
  const cases: readonly (readonly [Records<PlatformSchema>, string])[] = [
    [workflowOf("a", action("a", "end"), action("b", "end")), 'w.xml#b: nothing leads to the action "b"'],
    [
      workflowOf("a", action("a", "gone")),
      'w.xml#a>ok: the node to go on with of the action "a" is "gone", and there is no node of that name',
    ],
    [workflowOf("a", action("a", "b"), action("b", "a")), "a workflow cannot run in circles"],
    [workflowOf("a", action("a", "a")), "a workflow cannot run in circles"],
    [workflowOf("a", action("a", "end"), action("a", "end")), '2 nodes are named "a"'],
    [workflowOf("a b", action("a b", "end")), '"a b" is no name'],
    [workflowOf("x".repeat(129), action("x".repeat(129), "end")), "129 characters, 128 fit"],
    [workflowOf("f", fork("f", "a", "b"), action("a", "end"), action("b", "end")), "ends the workflow before a join"],
    [workflowOf("f", fork("f", "a"), action("a", "j"), node("join", { name: "j", to: "end" })), "needs 2 of: paths"],
    [workflowOf("a", action("a", "j"), node("join", { name: "j", to: "end" })), "is reached without a fork"],
    [workflowOf("f", fork("f", "a", "a"), action("a", "j"), node("join", { name: "j", to: "end" })), "two paths"],
    [
      workflowOf("f", fork("f", "a", "b"), action("a", "b"), action("b", "j"), node("join", { name: "j", to: "end" })),
      "would run more than once",
    ],
    [
      workflowOf(
        "f",
        fork("f", "a", "b"),
        action("a", "j"),
        action("b", "k"),
        node("join", { name: "j", to: "end" }),
        node("join", { name: "k", to: "end" }),
      ),
      "end at 2 joins",
    ],
    [workflowOf("d", decision("d", "a", "end"), action("a", "end", "gone")), 'is "gone"'],
    [
      workflowOf(
        "a",
        action("a", "end"),
        node("action", { name: "b", cred: "c" }, [
          { name: "fs" },
          node("ok", { to: "end" }),
          node("error", { to: "end" }),
        ]),
      ),
      'asks for the credentials "c"',
    ],
    [
      workflowOf(
        "a",
        node("action", { name: "a" }, [
          { name: "fs", children: [node("mkdir", { path: "${x" })] },
          node("ok", { to: "end" }),
          node("error", { to: "fail" }),
        ]),
      ),
      "the expression",
    ],
    [
      workflowOf(
        "a",
        node("action", { name: "a" }, [
          { name: "fs", children: [node("mkdir", {})] },
          node("ok", { to: "end" }),
          node("error", { to: "fail" }),
        ]),
      ),
      'the attribute "path" is missing',
    ],
  ]
  for (const [records, wanted] of cases) expect(problemsOf(records).join("\n"), wanted).toContain(wanted)
  // A decision before two ways to one node is fine.
  expect(problemsOf(workflowOf("d", decision("d", "a", "b"), action("a", "b"), action("b", "end")))).toEqual([])
})

test("M402 a transition to a node that somebody deleted without having seen it is a problem at the transition", () => {
  const records = workflowOf("a", action("a", "b"), action("b", "end"))
  const other = openRecords(new Y.Doc(), platformSchema)
  Y.applyUpdate(other.doc, Y.encodeStateAsUpdate(records.doc), "network")
  deleteNode(records, "w.xml#b")
  moveTransition(other, "w.xml#a>error", "w.xml#b")
  Y.applyUpdate(records.doc, Y.encodeStateAsUpdate(other.doc), "network")
  expect(problemsOf(records)).toContain(
    'w.xml#a>error: the node for errors of the action "a" was deleted, or is of another workflow: choose another',
  )
  expect(records.check("workflowTransitions", "w.xml#a>error").map(({ field }) => field)).toContain("to")
  expect(
    records
      .check("workflows", "w.xml")
      .map(({ reason }) => reason)
      .join(),
  ).toContain("was deleted")
  moveTransition(records, "w.xml#a>error", "w.xml#fail")
  expect(records.check("workflows", "w.xml")).toEqual([])
})

test("M403 a definition is the same from a live document and from records that were kept", () => {
  const records = workflowOf("a", action("a", "end"))
  const live = definitionOf(sourceOf(records), "workflows", "w.xml")
  expect(definitionOf(sourceOfRecords(exportRecords(records)), "workflows", "w.xml")).toEqual(live)
  expect(live?.hash).toMatch(/^[0-9a-f]{64}$/)
  renameNode(records, "w.xml#a", "b")
  expect(definitionOf(sourceOf(records), "workflows", "w.xml")?.hash).not.toBe(live?.hash)
  expect(definitionOf(sourceOf(records), "workflows", "nowhere")).toBeUndefined()
})

test("M404 frequencies that never come round, or never pause, are refused though a server takes them", () => {
  for (const good of [
    "1",
    "60",
    "${coord:days(1)}",
    "${coord:months(3)}",
    "${freq}",
    "0/1 * * * *",
    "*/5 2,4-6 1 JAN-MAR ?",
    "0 0 L * ?",
    "0 0 ? * 2#1",
    "30 14 * * MON-FRI",
    "0 0 29 2 *",
    "0 9 15W * ?",
  ]) {
    expect(frequencyFault(good, true), good).toBeUndefined()
  }
  for (const bad of [
    "0",
    "-5",
    "99 * * * *",
    "* 24 * * *",
    "0 0 0 * *",
    "0 0 * 13 *",
    "0 0 * * 8",
    "0 0 30 2 *",
    "0 0 31 4,6 *",
    "* * * *",
    "5-1 * * * *",
    "*/0 * * * *",
    "${coord:days(0)}",
    "${coord:hours(-1)}",
    "${coord:minutes(1.5)}",
    "${",
    "daily",
    "",
    "99999999999",
  ]) {
    expect(frequencyFault(bad, true), bad).toBeDefined()
  }
  expect(frequencyFault("0 0 * * *", false)).toBeDefined()
})

test("M405 expressions are read by the evaluator's grammar, and what they use is told", () => {
  for (const good of [
    "",
    "plain",
    "$",
    "{x}",
    "${a}",
    "${a.b['c'][1]}",
    "${coord:current(coord:daysInMonth(0) * 24 - 1)}",
    "${x eq 'y' ? \"a}\" : f(b, 1)}",
    "${not empty a and !(b gt 1.5e3)}",
    '${"$"}{MONTH + 0}',
    "${-1 mod 2}",
    "a ${b}c${d}",
  ]) {
    expect(readEl(good).fault, good).toBeUndefined()
  }
  for (const bad of [
    "${",
    "${}",
    "${a",
    "${a b}",
    "${'a}",
    "${f(}",
    "${f(a,)}",
    "${a..b}",
    "${a ? b}",
    "${1 +}",
    "${a:b}",
    "${[1]}",
    "${(a}",
    "${!}",
  ]) {
    expect(readEl(bad).fault, bad).toBeDefined()
  }
  expect(readEl("${wf:conf(a)} ${b}").uses).toEqual([
    { kind: "function", name: "wf:conf" },
    { kind: "variable", name: "a" },
    { kind: "variable", name: "b" },
  ])
  expect(readEl(`\${${"(".repeat(10_000)}`).fault).toContain("nested too deeply")
})
