import { at, called, type DefinitionProblem } from "./problem.ts"
import type { WorkflowNode } from "./workflow-graph.ts"

type Nodes = ReadonlyMap<string, WorkflowNode>

/**
 * What is wrong with how forks and joins pair, by the rules of the servers: every path of a fork ends at one join that
 * no other fork has, none ends the workflow, and none enters what another one runs.
 *
 * For graphs without circles whose transitions all lead to nodes.
 */
export function forkProblems(nodes: readonly WorkflowNode[], byId: Nodes): readonly DefinitionProblem[] {
  const start = nodes.find(({ kind }) => kind === "start")
  if (start === undefined) return []
  const walk = new ForkWalk(byId)
  walk.from(start, { fork: undefined, decision: undefined, isOk: true })
  const problems = [...walk.problems]
  if (problems.length > 0) return problems
  const forks = nodes.filter(({ kind }) => kind === "fork")
  const joins = nodes.filter(({ kind }) => kind === "join")
  if (forks.length === joins.length) return []
  return [...forks, ...joins]
    .filter(({ id }) => !walk.paired.has(id))
    .map((node) => at(node, "kind", `${called(node)} has no ${node.kind === "fork" ? "join" : "fork"} of its own`))
}

interface Way {
  /** The innermost fork whose paths are being walked. */
  readonly fork: WorkflowNode | undefined
  /** The first decision on the way here. */
  readonly decision: string | undefined
  /** False behind a transition for errors. */
  readonly isOk: boolean
}

class ForkWalk {
  readonly #nodes: Nodes
  readonly #found = new Map<string, DefinitionProblem>()
  readonly #forkOfJoin = new Map<string, string>()
  readonly #decisionOf = new Map<string, string | undefined>()
  readonly #seen = new Set<string>()

  constructor(nodes: Nodes) {
    this.#nodes = nodes
  }

  get problems(): Iterable<DefinitionProblem> {
    return this.#found.values()
  }

  /** Ids of the forks and joins that have each other. */
  get paired(): ReadonlySet<string> {
    return new Set([...this.#forkOfJoin].flat())
  }

  from(node: WorkflowNode, way: Way): void {
    if (way.isOk && !["kill", "join", "end"].includes(node.kind) && !this.#enter(node, way)) return
    if (node.kind === "join") return this.#meet(node, way)
    if (node.kind === "end") {
      if (way.fork !== undefined) {
        this.#add(way.fork, `a path of ${called(way.fork)} ends the workflow before a join: let it end at the join`)
      }
      return
    }
    if (this.#seen.has(node.id)) return
    this.#seen.add(node.id)
    if (node.kind === "fork") return this.#fork(node, way)
    const decision = node.kind === "decision" ? (way.decision ?? node.id) : way.decision
    for (const { kind, to } of node.transitions) {
      const next = this.#nodes.get(to ?? "")
      if (next !== undefined) this.from(next, { ...way, decision, isOk: way.isOk && kind !== "error" })
    }
  }

  // Two ways to one node are fine only where a single decision chooses between them.
  #enter(node: WorkflowNode, { decision }: Way): boolean {
    if (!this.#decisionOf.has(node.id)) {
      this.#decisionOf.set(node.id, decision)
      return true
    }
    if (decision !== undefined && this.#decisionOf.get(node.id) === decision) return true
    this.#add(node, `${called(node)} would run more than once: more than one path of a fork leads there`)
    return false
  }

  #meet(join: WorkflowNode, { fork }: Way): void {
    if (fork === undefined) return this.#add(join, `${called(join)} is reached without a fork before it`)
    const other = this.#forkOfJoin.get(join.id)
    if (other === undefined) this.#forkOfJoin.set(join.id, fork.id)
    else if (other !== fork.id) this.#add(join, `${called(join)} joins paths of more than one fork: give each its own`)
  }

  #fork(fork: WorkflowNode, way: Way): void {
    const targets = fork.transitions.map(({ to }) => this.#nodes.get(to ?? "")).filter((node) => node !== undefined)
    for (const [index, node] of targets.entries()) {
      const isAgain = targets.indexOf(node) < index && !["join", "kill"].includes(node.kind)
      if (isAgain) this.#add(fork, `two paths of ${called(fork)} lead to ${called(node)}`)
      else this.from(node, { ...way, fork })
    }
    const joins = [...this.#forkOfJoin].filter(([, of]) => of === fork.id).map(([id]) => this.#nodes.get(id))
    const [join, ...more] = joins
    if (join === undefined) return this.#add(fork, `no path of ${called(fork)} ends at a join: add one`)
    if (more.length > 0)
      return this.#add(fork, `the paths of ${called(fork)} end at ${joins.length} joins: let all end at one`)
    const next = this.#nodes.get(join.transitions[0]?.to ?? "")
    if (next !== undefined) this.from(next, way)
  }

  #add(node: WorkflowNode, reason: string): void {
    const key = `${node.id} ${reason}`
    if (!this.#found.has(key)) this.#found.set(key, at(node, "kind", reason))
  }
}
