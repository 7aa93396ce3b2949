import type { Records } from "@millrace/model"
import type { PlatformSchema } from "@millrace/workspace"

/** What people meant, kept beside the documents: the merge has to be this, or say why not. */
export class Intents {
  readonly #deleted = new Set<string>()
  readonly #names = new Map<string, Set<string>>()
  readonly #targets = new Map<string, Set<string>>()
  readonly #bodies = new Map<string, string>()
  readonly #inserted = new Set<string>()

  deleted(id: string): void {
    this.#deleted.add(id)
  }

  named(id: string, name: string): void {
    add(this.#names, id, name)
  }

  inserted(id: string): void {
    this.#inserted.add(id)
  }

  /** Where a transition was led to, by whomever. */
  led(transition: string, to: string): void {
    add(this.#targets, transition, to)
  }

  /** A text that only this edit wrote, put at the end of a node's body. */
  wrote(id: string, text: string): void {
    this.#bodies.set(text, id)
  }

  /** What of all that is not so in the merged records. */
  faults(records: Records<PlatformSchema>): readonly string[] {
    const nodes = records.collection("workflowNodes")
    const transitions = records.collection("workflowTransitions")
    const faults: string[] = []
    for (const id of this.#deleted) if (nodes.has(id)) faults.push(`"${id}" was deleted and is there`)
    for (const id of this.#inserted) {
      if (!this.#deleted.has(id) && !nodes.has(id)) faults.push(`"${id}" was inserted and is not there`)
    }
    for (const [id, names] of this.#names) {
      const name = nodes.get(id)?.name
      if (!this.#deleted.has(id) && !names.has(name ?? ""))
        faults.push(`"${id}" is named "${name}", which nobody meant`)
    }
    for (const [id, targets] of this.#targets) {
      const transition = transitions.get(id)
      if (transition === undefined) {
        if (![...this.#deleted].some((node) => id.startsWith(`${node}>`))) faults.push(`"${id}" is gone`)
      } else if (!targets.has(transition.to ?? ""))
        faults.push(`"${id}" leads to "${transition.to}", which nobody meant`)
    }
    for (const [text, id] of this.#bodies) {
      if (!this.#deleted.has(id) && !JSON.stringify(nodes.get(id)?.body ?? []).includes(text)) {
        faults.push(`"${text}" was written into "${id}" and is not there`)
      }
    }
    return faults
  }
}

function add(all: Map<string, Set<string>>, key: string, value: string): void {
  const known = all.get(key)
  if (known === undefined) all.set(key, new Set([value]))
  else known.add(value)
}
