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

/** Where the form without the deleted contents is not that much smaller, the one that keeps every byte is taken. */
const worthwhile = 0.9

/**
 * One log's compaction: takes its updates in order, then gives a snapshot that was compared with them.
 *
 * Two snapshots are tried: what a document holds after all updates, which lacks the contents of what was deleted, where it is clearly
 * smaller; and the updates merged without a document. Whichever is given was decoded and applied to a fresh document,
 * and that document agrees with the first one in everything.
 */
export class Compaction {
  readonly #doc = new Y.Doc()
  readonly #merged: Uint8Array[] = []

  /** Throws `NotCompactable` for an update that does not apply. */
  add(updates: readonly Uint8Array[]): void {
    try {
      this.#doc.transact(() => {
        for (const update of updates) Y.applyUpdate(this.#doc, update)
      })
      this.#merged.push(mergeAll(updates))
    } catch (cause) {
      throw new NotCompactable(`an entry does not apply (${messageOf(cause)})`, { cause })
    }
  }

  /** The snapshot's payload. Throws `NotCompactable`; of no use afterwards. */
  finish(): Uint8Array {
    const facts = factsOf(this.#doc)
    if (facts.pending) throw new NotCompactable("an entry depends on something that the log does not hold")
    const held = Y.encodeStateAsUpdate(this.#doc)
    this.#doc.destroy()
    const merged = mergeAll(this.#merged)
    const candidates = held.length < merged.length * worthwhile ? [held, merged] : [merged, held]
    let reason = ""
    for (const update of candidates) {
      const difference = checkedAgainst(facts, update)
      if (difference === undefined) {
        return encodeSnapshot({ stateVector: facts.stateVector, deletes: facts.deletes, update })
      }
      reason = difference
    }
    throw new NotCompactable(`the merged log does not say what its entries say: ${reason}`)
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
