import { openRecords, type Records } from "@millrace/model"
import { systemRandom } from "@millrace/ports"
import { type PlatformSchema, platformSchema } from "@millrace/workspace"
import { describe, expect, test } from "vitest"
import * as Y from "yjs"
import { bodyTexts, withBodyText } from "../src/workflows/body-text.ts"
import { WorkflowEdits } from "../src/workflows/workflow-edits.ts"
import { type WorkflowView, Workflows } from "../src/workflows/workflows.ts"
import { putWorkflow } from "./support/workflow.ts"

const handle = {
  stored: Promise.resolve(),
  durable: Promise.resolve({ seq: 1 }),
  outcome: () => new Promise<never>(() => {}),
  accepted: () => new Promise<never>(() => {}),
}

interface Stage {
  readonly records: Records<PlatformSchema>
  readonly workflows: Workflows
  readonly edits: WorkflowEdits
  readonly view: () => WorkflowView
  readonly node: (name: string) => WorkflowView["nodes"][number]
}

/** Edits on real records; only the handles, which tell what becomes of a write, are stand-ins. */
function open(): Stage {
  const records = openRecords(new Y.Doc(), platformSchema)
  putWorkflow(records)
  const workflows = new Workflows(records)
  const collection = (name: keyof PlatformSchema["collections"]): unknown =>
    new Proxy(records.collection(name), {
      get: (target, method) => {
        const found = Reflect.get(target, method) as unknown
        if (typeof found !== "function") return found
        return (...args: unknown[]) => {
          const result = Reflect.apply(found, target, args) as unknown
          return ["put", "update", "removeField", "delete"].includes(String(method)) ? handle : result
        }
      },
    })
  const transact = (write: () => void): unknown => {
    records.transact(write)
    return handle
  }
  const target = { collection, transact } as unknown as ConstructorParameters<typeof WorkflowEdits>[0]
  const view = (): WorkflowView => {
    const found = workflows.view("w")
    if (found === undefined) throw new Error("The workflow is not there.")
    return found
  }
  return {
    records,
    workflows,
    edits: new WorkflowEdits(target, () => {}, systemRandom),
    view,
    node: (name) => {
      const found = view().nodes.find((node) => node.name === name)
      if (found === undefined) throw new Error(`There is no node ${name}.`)
      return found
    },
  }
}

describe("W340 a workflow on the screen", () => {
  test("is whole, listed by its path, and the same object until one of its records changes", () => {
    const { workflows, view, edits, node } = open()
    expect(workflows.list()).toEqual([{ id: "w", name: "daily", path: "jobs/daily/workflow.xml" }])
    const before = view()
    expect(before.problems).toEqual([])
    expect(view()).toBe(before)
    let heard = 0
    workflows.onView("w", () => heard++)
    edits.setBodyText(node("clean"), [0], "run-b")
    expect(heard).toBe(1)
    expect(view()).not.toBe(before)
  })

  test("keeps its transitions when a node gets another name", () => {
    const { edits, view, node } = open()
    edits.rename(view(), node("clean"), "tidy")
    expect(view().problems).toEqual([])
    expect(node("tidy").id).toBe("w/clean")
  })

  test("takes an action in the middle, again and again, in the order of the document", () => {
    const { edits, view, node } = open()
    for (let n = 1; n <= 5; n++) edits.insertAfter(view(), node("clean"), `step-${n}`)
    expect(view().problems).toEqual([])
    const names = view().nodes.map(({ name }) => name)
    expect(names.slice(0, 7)).toEqual(["", "clean", "step-5", "step-4", "step-3", "step-2", "step-1"])
  })

  test("goes on where a removed node went on", () => {
    const { edits, view, node } = open()
    edits.insertAfter(view(), node("clean"), "step")
    edits.remove(view(), node("clean"))
    expect(view().problems).toEqual([])
    expect(node("").transitions[0]?.to).toBe(node("step").id)
  })

  test("says at the node what keeps it from being published", () => {
    const { edits, view, node } = open()
    edits.lead("w/clean/ok", "w/clean")
    expect(view().problems.length).toBeGreaterThan(0)
    expect(() => edits.rename(view(), node("clean"), "end")).toThrow(/called "end" already/)
    expect(() => edits.rename(view(), node("clean"), "<x>")).toThrow(/letters, digits/)
  })
})

test("W341 texts of an action's body are edited one by one, and what is typed stays text", () => {
  const body = [
    { name: "delete", attributes: [["path", "/a"] as const] },
    {
      name: "configuration",
      children: [{ name: "property", children: [{ name: "value", children: [{ comment: "why" }, "1"] }] }],
    },
  ]
  const [only] = bodyTexts(body)
  expect(bodyTexts(body)).toEqual([{ path: [1, 0, 0], label: "configuration property value", text: "1" }])
  const next = withBodyText(body, only?.path ?? [], "</value><x/>")
  expect(bodyTexts(next)[0]?.text).toBe("</value><x/>")
  expect(next[0]).toBe(body[0])
  expect(JSON.stringify(next)).toContain('{"comment":"why"}')
})
