import { forkProblems } from "./fork-problems.ts"
import { at, called, type DefinitionProblem } from "./problem.ts"
import type { RecordSource } from "./source.ts"
import { nodesOf, type WorkflowNode, type WorkflowTransition } from "./workflow-graph.ts"
import type { NodeKind, TransitionKind } from "./workflow-schema.ts"

/** How many transitions of which kinds a node of a kind has: at least, and at most. */
const wanted: Readonly<Record<NodeKind, readonly (readonly [TransitionKind, number, number])[]>> = {
  start: [["start", 1, 1]],
  action: [
    ["ok", 1, 1],
    ["error", 1, 1],
  ],
  decision: [
    ["case", 1, Number.POSITIVE_INFINITY],
    ["default", 1, 1],
  ],
  fork: [["path", 2, Number.POSITIVE_INFINITY]],
  join: [["join", 1, 1]],
  kill: [],
  end: [],
}

const words: Readonly<Record<TransitionKind, string>> = {
  start: "first node",
  ok: "node to go on with",
  error: "node for errors",
  case: "case",
  default: "default",
  path: "path",
  join: "node to go on with",
}

/** Most characters of a node's name that a server takes. */
export const maxNodeNameChars = 128

/** Most nodes of a workflow: far more than fit into what a server takes, and few enough to walk. */
export const maxNodes = 2_000

/** What is wrong with a workflow as a graph. */
export function graphProblems(source: RecordSource, workflow: string): readonly DefinitionProblem[] {
  const nodes = nodesOf(source, workflow)
  if (nodes.length > maxNodes) {
    const reason = `it has ${nodes.length} nodes, ${maxNodes} fit: divide it into sub-workflows`
    return [{ collection: "workflows", id: workflow, field: "name", reason }]
  }
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const problems = [
    ...countProblems(workflow, nodes),
    ...nodes.flatMap((node) => nameProblems(node, nodes)),
    ...nodes.flatMap((node) => transitionProblems(node, byId)),
    ...strayProblems(source, workflow, byId),
  ]
  const reached = reach(nodes, byId)
  for (const node of nodes) {
    if (node.kind !== "start" && !reached.has(node.id)) {
      problems.push(at(node, "name", `nothing leads to ${called(node)}: let a transition lead there, or delete it`))
    }
  }
  problems.push(...cycleProblems(nodes, byId))
  // The pairing of forks and joins means something only where every transition leads somewhere and none in circles.
  return problems.length > 0 ? problems : forkProblems(nodes, byId)
}

function onTransition({ id }: WorkflowTransition, field: string, reason: string): DefinitionProblem {
  return { collection: "workflowTransitions", id, field, reason }
}

function countProblems(workflow: string, nodes: readonly WorkflowNode[]): readonly DefinitionProblem[] {
  return (["start", "end"] as const).flatMap((kind) => {
    const found = nodes.filter((node) => node.kind === kind)
    if (found.length === 0) {
      return [{ collection: "workflows", id: workflow, field: "name", reason: `it has no ${kind}: add one` }]
    }
    const [, ...more] = found
    return more.map((node) => at(node, "kind", `there is more than one ${kind}: delete all but one`))
  })
}

function nameProblems(node: WorkflowNode, nodes: readonly WorkflowNode[]): readonly DefinitionProblem[] {
  if (node.kind === "start") return []
  const problems: DefinitionProblem[] = []
  if (!/^[a-zA-Z_][-_a-zA-Z0-9]*$/.test(node.name)) {
    problems.push(
      at(node, "name", `"${node.name}" is no name: use letters, digits, "-" and "_", beginning with a letter`),
    )
  } else if (node.name.length > maxNodeNameChars) {
    problems.push(at(node, "name", `its name has ${node.name.length} characters, ${maxNodeNameChars} fit`))
  }
  const twins = nodes.filter(({ kind, name }) => kind !== "start" && name === node.name)
  if (twins.length > 1) problems.push(at(node, "name", `${twins.length} nodes are named "${node.name}": rename one`))
  return problems
}

function transitionProblems(node: WorkflowNode, byId: ReadonlyMap<string, WorkflowNode>): readonly DefinitionProblem[] {
  const problems: DefinitionProblem[] = []
  const allowed = wanted[node.kind]
  for (const [kind, least, most] of allowed) {
    const found = node.transitions.filter((each) => each.kind === kind)
    const word = words[kind]
    if (found.length < least) {
      const more = least > 1 ? `${least} of: ${word}s` : `a ${word}`
      problems.push(at(node, "kind", `${called(node)} needs ${more}`))
    }
    for (const each of found.slice(most)) {
      problems.push(onTransition(each, "kind", `${called(node)} has more than one ${word}: delete one`))
    }
  }
  for (const each of node.transitions) {
    const { kind, to, unresolved } = each
    if (!allowed.some(([known]) => known === kind)) {
      problems.push(onTransition(each, "kind", `${called(node)} can have no ${words[kind]}: delete it`))
    }
    const target = to === undefined ? undefined : byId.get(to)
    if (target === undefined) problems.push(onTransition(each, "to", nowhere(node, each, unresolved)))
    else if (target.kind === "start") {
      problems.push(onTransition(each, "to", `${called(node)} leads back to the start: nothing can`))
    }
  }
  return problems
}

function nowhere(node: WorkflowNode, { kind, to }: WorkflowTransition, unresolved: string | undefined): string {
  const what = `the ${words[kind]} of ${called(node)}`
  if (unresolved !== undefined && to === undefined) {
    return `${what} is "${unresolved}", and there is no node of that name: choose another`
  }
  return to === undefined
    ? `${what} is not chosen yet`
    : `${what} was deleted, or is of another workflow: choose another`
}

/** Transitions of the workflow whose node is gone: written by someone who had not seen that it was deleted. */
function strayProblems(
  source: RecordSource,
  workflow: string,
  byId: ReadonlyMap<string, WorkflowNode>,
): readonly DefinitionProblem[] {
  return source.referring("workflowTransitions", "workflow", workflow).flatMap((id) => {
    const from = source.get("workflowTransitions", id)?.["from"]
    if (typeof from === "string" && byId.has(from)) return []
    const reason = "it begins at a node that was deleted: delete it too, or restore the node"
    return [{ collection: "workflowTransitions", id, field: "from", reason }]
  })
}

function reach(nodes: readonly WorkflowNode[], byId: ReadonlyMap<string, WorkflowNode>): ReadonlySet<string> {
  const reached = new Set(nodes.filter(({ kind }) => kind === "start").map(({ id }) => id))
  // The set grows while it is walked.
  for (const id of reached) {
    for (const { to } of byId.get(id)?.transitions ?? []) if (to !== undefined && byId.has(to)) reached.add(to)
  }
  return reached
}

/** One problem for each way back to a node that is being passed. */
function cycleProblems(
  nodes: readonly WorkflowNode[],
  byId: ReadonlyMap<string, WorkflowNode>,
): readonly DefinitionProblem[] {
  const problems: DefinitionProblem[] = []
  const done = new Set<string>()
  for (const first of nodes) {
    if (done.has(first.id)) continue
    const passing = new Set<string>([first.id])
    const stack = [{ node: first, next: 0 }]
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const transition = top.node.transitions[top.next++]
      if (transition === undefined) {
        stack.pop()
        passing.delete(top.node.id)
        done.add(top.node.id)
        continue
      }
      const target = byId.get(transition.to ?? "")
      if (target === undefined || done.has(target.id)) continue
      if (passing.has(target.id)) {
        const reason = `${called(top.node)} leads back to ${called(target)}, which comes before it: a workflow cannot run in circles`
        problems.push(onTransition(transition, "to", reason))
      } else {
        passing.add(target.id)
        stack.push({ node: target, next: 0 })
      }
    }
  }
  return problems
}
