import { messageOf } from "@millrace/ports"
import * as Y from "yjs"
import { decodeUpdate } from "../room/decode-update.ts"
import { mergeAll } from "../room/merge.ts"
import { type DocumentFacts, differenceOf, factsOf } from "./document-facts.ts"
import { encodeSnapshot } from "./snapshot-form.ts"

/** A log that cannot be compacted; the reason is for people. */
export class NotCompactable extends Error {
  override readonly name = "NotCompactable"
}

/**
 * One log's compaction: takes its updates in order, then gives a snapshot that was compared with them.
 *
 * The first choice is what a document holds after all updates: it lacks the contents of what was deleted, as every Yjs
 * document does that collects garbage. The second is the updates merged without a document. Whichever is given was decoded and applied to a
 * fresh document, and that document agrees with the first one in everything.
 */
export class Compaction {
  /** Let go of before the second document is made: one of them is most of the memory. */
  #doc: Y.Doc | undefined = new Y.Doc()
  readonly #updates: Uint8Array[] = []

  /** Throws `NotCompactable` for an update that does not apply. */
  add(updates: readonly Uint8Array[]): void {
    const doc = this.#doc
    if (doc === undefined) throw new NotCompactable("it was finished already")
    try {
      doc.transact(() => {
        for (const update of updates) Y.applyUpdate(doc, update)
      })
      this.#updates.push(...updates)
    } catch (cause) {
      throw new NotCompactable(`an entry does not apply (${messageOf(cause)})`, { cause })
    }
  }

  /** The snapshot's payload. Throws `NotCompactable`; of no use afterwards. */
  finish(): Uint8Array {
    const { facts, held } = this.#takeDocument()
    if (facts.pending) throw new NotCompactable("an entry depends on something that the log does not hold")
    const { stateVector, deletes } = facts
    const difference = checkedAgainst(facts, held)
    if (difference === undefined) return encodeSnapshot({ stateVector, deletes, update: held })
    const merged = mergeAll(this.#updates)
    const reason = checkedAgainst(facts, merged)
    if (reason === undefined) return encodeSnapshot({ stateVector, deletes, update: merged })
    throw new NotCompactable(`the merged log does not say what its entries say: ${difference}; ${reason}`)
  }

  #takeDocument(): { readonly facts: DocumentFacts; readonly held: Uint8Array } {
    const doc = this.#doc ?? new Y.Doc()
    this.#doc = undefined
    const taken = { facts: factsOf(doc), held: Y.encodeStateAsUpdate(doc) }
    doc.destroy()
    return taken
  }
}

/** What is wrong with the update; undefined where it decodes and gives a document with these facts. */
function checkedAgainst(facts: DocumentFacts, update: Uint8Array): string | undefined {
  const doc = new Y.Doc()
  try {
    decodeUpdate(update)
    Y.applyUpdate(doc, update)
    return differenceOf(facts, factsOf(doc))
  } catch (cause) {
    return messageOf(cause)
  } finally {
    doc.destroy()
  }
}
