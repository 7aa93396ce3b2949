import type { Change } from "@millrace/target"
import type { ChangeMaker } from "@millrace/target/suite"

type Child = string | Element | { readonly comment: string }
interface Element {
  readonly name: string
  readonly attributes?: readonly (readonly [string, string])[]
  readonly children?: readonly Child[]
}

export function el(name: string, attributes: Readonly<Record<string, string>>, ...children: readonly Child[]): Element {
  const pairs = Object.entries(attributes)
  return {
    name,
    ...(pairs.length === 0 ? {} : { attributes: pairs }),
    ...(children.length === 0 ? {} : { children }),
  }
}

export interface SampleNode {
  readonly kind: "start" | "action" | "decision" | "fork" | "join" | "kill" | "end"
  readonly name?: string
  readonly action?: Element
  readonly message?: string
  /** Kind of the transition, name of the node, and of a case its condition. */
  readonly to?: readonly (readonly [kind: string, name: string, condition?: string])[]
}

/** The changes of a workflow and its parts; ids of parts are `<workflow>/<name>`. */
export function workflow(
  make: ChangeMaker,
  id: string,
  { path, name = id }: { readonly path: string; readonly name?: string },
  nodes: readonly SampleNode[],
): readonly Change[] {
  const idOf = (node: string): string => `${id}/${node}`
  const changes = [make.next(id, { path, name, namespace: "uri:oozie:workflow:1.0" }, "workflows")]
  for (const [at, node] of nodes.entries()) {
    const fields = {
      workflow: id,
      kind: node.kind,
      order: String(at).padStart(3, "0"),
      ...(node.name === undefined ? {} : { name: node.name }),
      ...(node.message === undefined ? {} : { message: node.message }),
      ...(node.action === undefined
        ? {}
        : {
            action: node.action.name,
            actionAttributes: Object.fromEntries(node.action.attributes ?? []),
            body: node.action.children ?? [],
          }),
    }
    changes.push(make.next(idOf(node.name ?? "start"), fields, "workflowNodes"))
    for (const [place, [kind, to, condition]] of (node.to ?? []).entries()) {
      const transition = {
        workflow: id,
        from: idOf(node.name ?? "start"),
        to: idOf(to),
        kind,
        order: String(place),
        ...(condition === undefined ? {} : { condition }),
      }
      changes.push(make.next(`${idOf(node.name ?? "start")}>${place}`, transition, "workflowTransitions"))
    }
  }
  return changes
}

export const shell = (script: string): Element =>
  el(
    "shell",
    { xmlns: "uri:oozie:shell-action:1.0" },
    el("resource-manager", {}, "${jobTracker}"),
    el("name-node", {}, "${nameNode}"),
    el("exec", {}, "bash"),
    el("argument", {}, "-c"),
    el("argument", {}, script),
    el("capture-output", {}),
  )

export const makeFolder = (path: string): Element => el("fs", {}, el("mkdir", { path: `\${nameNode}${path}` }))

/** One action between start and end. */
export function small(action: Element = makeFolder("/apps/small"), name = "work"): readonly SampleNode[] {
  return [
    { kind: "start", to: [["start", name]] },
    {
      kind: "action",
      name,
      action,
      to: [
        ["ok", "end"],
        ["error", "fail"],
      ],
    },
    { kind: "kill", name: "fail", message: "failed: ${wf:errorMessage(wf:lastErrorNode())}" },
    { kind: "end", name: "end" },
  ]
}

export interface SampleCoordinator {
  readonly path: string
  readonly name?: string
  readonly frequency: string
  readonly start: string
  readonly end: string
  readonly timezone?: string
  /** Path of what it runs. */
  readonly workflow: string
  /** Handed to the workflow. */
  readonly properties?: Readonly<Record<string, string>>
  readonly controls?: readonly Child[]
  readonly datasets?: readonly Element[]
  readonly inputEvents?: readonly Element[]
}

export function coordinator(make: ChangeMaker, id: string, given: SampleCoordinator): Change {
  const { workflow: app, name = id, timezone = "UTC", properties = {}, ...fields } = given
  const pairs = Object.entries(properties).map(([key, value]) =>
    el("property", {}, el("name", {}, key), el("value", {}, value)),
  )
  const configuration = pairs.length === 0 ? [] : [el("configuration", {}, ...pairs)]
  const action = [el("workflow", {}, el("app-path", {}, `\${millraceRoot}/${app}`), ...configuration)]
  return make.next(id, { namespace: "uri:oozie:coordinator:0.5", name, timezone, ...fields, action }, "coordinators")
}

export function bundle(
  make: ChangeMaker,
  id: string,
  { path, coordinators }: { readonly path: string; readonly coordinators: Readonly<Record<string, string>> },
): Change {
  const list = Object.entries(coordinators).map(([name, app]) =>
    el("coordinator", { name }, el("app-path", {}, `\${millraceRoot}/${app}`)),
  )
  return make.next(id, { path, namespace: "uri:oozie:bundle:0.2", name: id, coordinators: list }, "bundles")
}
