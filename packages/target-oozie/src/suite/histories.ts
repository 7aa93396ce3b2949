import { exportText, openRecords, type Records } from "@millrace/model"
import { messageOf, MillraceError, type Random } from "@millrace/ports"
import {
  definitionOf,
  deleteNode,
  importDefinition,
  insertAction,
  moveTransition,
  platformSchema,
  type PlatformSchema,
  renameNode,
  sourceOf,
} from "@millrace/workspace"
import * as Y from "yjs"
import { canonicalXml, parseXml, printXml, type XmlDocument } from "../xml/index.ts"
import { Intents } from "./intents.ts"
import { printedFaults } from "./printed-faults.ts"

export interface WorkflowHistoriesOptions {
  readonly seed: number
  readonly histories: number
  readonly workflow: XmlDocument
  /** Randomness that a number repeats. */
  readonly random: (seed: number) => Random
  /** Sees every definition that is fit to be sent, as text. */
  readonly onPrinted?: (xml: string) => void
}

export interface WorkflowHistoriesOutcome {
  histories: number
  operations: number
  /** Merges that are fit to be sent, and those that are not and say why. */
  valid: number
  reported: number
  /** What somebody meant and the merge does not have. */
  lostIntents: number
  /** Printed definitions that are none. */
  invalidOut: number
  /** Replicas that disagree. */
  divergences: number
  /** One line each, with the seed that repeats it; the first hundred. */
  readonly problems: string[]
}

const path = "sales/workflow.xml"
const maxProblems = 100

interface Replica {
  readonly doc: Y.Doc
  readonly records: Records<PlatformSchema>
}

/** Plays random histories of one workflow that replicas edit offline. Yields after each, always the one outcome. */
export function* playWorkflowHistories(
  options: WorkflowHistoriesOptions,
): Generator<WorkflowHistoriesOutcome, WorkflowHistoriesOutcome> {
  const outcome: WorkflowHistoriesOutcome = {
    histories: 0,
    operations: 0,
    valid: 0,
    reported: 0,
    lostIntents: 0,
    invalidOut: 0,
    divergences: 0,
    problems: [],
  }
  for (let at = 0; at < options.histories; at++) {
    const seed = options.seed + at
    const history = new History(options, options.random(seed), outcome)
    const found = attempt(() => history.play()) ?? []
    outcome.histories++
    for (const problem of found)
      if (outcome.problems.length < maxProblems) outcome.problems.push(`seed ${seed}: ${problem}`)
    yield outcome
  }
  return outcome
}

function attempt(play: () => readonly string[]): readonly string[] {
  try {
    return play()
  } catch (thrown) {
    return [`it threw: ${messageOf(thrown)}`]
  }
}

class History {
  readonly #options: WorkflowHistoriesOptions
  readonly #random: Random
  readonly #outcome: WorkflowHistoriesOutcome
  readonly #intents = new Intents()
  #next = 0

  constructor(options: WorkflowHistoriesOptions, random: Random, outcome: WorkflowHistoriesOutcome) {
    this.#options = options
    this.#random = random
    this.#outcome = outcome
  }

  play(): readonly string[] {
    const first = open()
    importDefinition(first.records, path, this.#options.workflow)
    const replicas = [first, open(), open()]
    const start = Y.encodeStateAsUpdate(first.doc)
    for (const { doc } of replicas.slice(1)) Y.applyUpdate(doc, start, "network")
    for (const replica of replicas) {
      const edits = 1 + this.#below(3)
      for (let edit = 0; edit < edits; edit++) this.#edit(replica)
      // Sometimes two meet before the others hear of anything.
      if (this.#below(4) === 0) sync(replica, this.#pick(replicas))
    }
    for (const from of this.#shuffled(replicas)) for (const to of this.#shuffled(replicas)) sync(from, to)
    const problems = this.#judge(replicas)
    for (const { records, doc } of replicas) {
      records.destroy()
      doc.destroy()
    }
    return problems
  }

  #edit({ records }: Replica): void {
    const nodes = [...records.collection("workflowNodes").all()].sort(([a], [b]) => (a < b ? -1 : 1))
    const before = targetsOf(records)
    const living = nodes.filter(([, { kind }]) => kind !== "start" && kind !== "end")
    const [id] = this.#pick(living.length > 0 ? living : nodes)
    this.#outcome.operations++
    switch (this.#below(5)) {
      case 0:
        this.#insert(records)
        break
      case 1: {
        const name = `renamed-${this.#next++}`
        if (records.collection("workflowNodes").get(id)?.kind === "start") break
        renameNode(records, id, name)
        this.#intents.named(id, name)
        break
      }
      case 2:
        this.#move(
          records,
          nodes.map(([each]) => each),
        )
        break
      case 3:
        this.#delete(records, id)
        break
      default:
        this.#write(records)
    }
    for (const [transition, to] of targetsOf(records)) {
      if (before.get(transition) !== to) this.#intents.led(transition, to)
    }
  }

  #insert(records: Records<PlatformSchema>): void {
    const at = [...targetsOf(records).keys()].filter((each) => !each.endsWith(">error"))
    const [kill] = [...records.collection("workflowNodes").all()].find(([, { kind }]) => kind === "kill") ?? []
    if (at.length === 0 || kill === undefined) return
    const id = `new-${this.#next++}`
    insertAction(records, this.#pick(at), {
      id,
      name: id,
      action: "shell",
      actionAttributes: { xmlns: "uri:oozie:shell-action:0.3" },
      body: [{ name: "exec", children: [`${id}.sh </exec> & more`] }],
      errorTo: kill,
    })
    this.#intents.inserted(id)
    this.#intents.named(id, id)
  }

  #move(records: Records<PlatformSchema>, nodes: readonly string[]): void {
    const all = [...targetsOf(records).keys()]
    if (all.length > 0) moveTransition(records, this.#pick(all), this.#pick(nodes))
  }

  #delete(records: Records<PlatformSchema>, id: string): void {
    try {
      deleteNode(records, id)
      this.#intents.deleted(id)
    } catch (thrown) {
      // A fork or a decision with transitions that lead to it: the person is told, and nothing was deleted.
      if (!(thrown instanceof MillraceError && thrown.kind === "conflict")) throw thrown
    }
  }

  #write(records: Records<PlatformSchema>): void {
    const shells = [...records.collection("workflowNodes").all()].filter(([, { action }]) => action === "shell")
    if (shells.length === 0) return
    const [id] = this.#pick(shells)
    const text = `text-${this.#next++}`
    const body = records.collection("workflowNodes").list(id, "body")
    // Behind the last of the elements that may stand before an argument.
    const at = body.values().findIndex((each) => typeof each === "object" && "name" in each && each.name === "exec")
    body.insert(at + 1, { name: "argument", children: [text] })
    this.#intents.wrote(id, text)
  }

  #judge(replicas: readonly Replica[]): readonly string[] {
    const [first] = replicas
    if (first === undefined) return []
    const problems: string[] = []
    if (new Set(replicas.map(({ records }) => exportText(records))).size > 1) {
      this.#outcome.divergences++
      problems.push("replicas disagree")
    }
    const lost = this.#intents.faults(first.records)
    this.#outcome.lostIntents += lost.length
    problems.push(...lost)
    const definition = definitionOf(sourceOf(first.records), "workflows", path)
    if (definition === undefined) return [...problems, "the workflow is gone"]
    const xml = printXml(definition.document)
    if (canonicalXml(parseXml(xml)) !== canonicalXml(definition.document)) problems.push("it is not printed as it is")
    const faults = printedFaults(xml)
    if (definition.problems.length > 0) {
      this.#outcome.reported++
      return problems
    }
    this.#outcome.valid++
    this.#options.onPrinted?.(xml)
    if (faults.length > 0) {
      this.#outcome.invalidOut++
      problems.push(...faults.map((fault) => `printed and said to be valid: ${fault}`))
    }
    return problems
  }

  #below(limit: number): number {
    return Math.floor(this.#random.float() * limit)
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)] as T
  }

  #shuffled<T>(items: readonly T[]): readonly T[] {
    return items
      .map((item) => [this.#random.float(), item] as const)
      .sort(([a], [b]) => a - b)
      .map(([, item]) => item)
  }
}

function open(): Replica {
  const doc = new Y.Doc()
  return { doc, records: openRecords(doc, platformSchema) }
}

function sync(from: Replica, to: Replica): void {
  if (from !== to) Y.applyUpdate(to.doc, Y.encodeStateAsUpdate(from.doc, Y.encodeStateVector(to.doc)), "network")
}

function targetsOf(records: Records<PlatformSchema>): ReadonlyMap<string, string> {
  const sorted = [...records.collection("workflowTransitions").all()].sort(([a], [b]) => (a < b ? -1 : 1))
  return new Map(sorted.flatMap(([id, { to }]) => (to === undefined ? [] : [[id, to] as const])))
}
