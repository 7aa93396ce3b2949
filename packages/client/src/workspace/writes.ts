import { MillraceError } from "@millrace/ports"
import type { Doc } from "yjs"
import type { Outcome, RecordRef, WriteHandle } from "../api.ts"
import type { AckLedger } from "../status/ack-ledger.ts"
import { type RecordKey, refOf } from "../status/record-key.ts"
import { mustBeAccepted, type Outcomes } from "./outcomes.ts"

/** What became of everything up to the end of a transaction. */
interface Ends {
  readonly durable: Promise<{ readonly seq: number }>
  readonly stored: Promise<void>
}

interface OpenWrite {
  /** Gathered from the update where the write is a transaction; a single write knows its record. */
  readonly gathers: boolean
  readonly keys: Set<RecordKey>
  readonly done: (ends: Ends) => void
}

/** Runs writes and gives each its handle, also those that are part of a transaction somebody else opened. */
export class Writes {
  readonly #doc: Doc
  readonly #ledger: AckLedger
  readonly #outcomes: Outcomes
  readonly #stored: () => Promise<void> | undefined
  readonly #mayWrite: () => boolean
  #open: OpenWrite[] = []

  /** `stored` answers for everything that the document has now; undefined where there is no local copy. */
  constructor(
    doc: Doc,
    ledger: AckLedger,
    outcomes: Outcomes,
    { stored, mayWrite }: { readonly stored: () => Promise<void> | undefined; readonly mayWrite: () => boolean },
  ) {
    this.#mayWrite = mayWrite
    this.#doc = doc
    this.#ledger = ledger
    this.#outcomes = outcomes
    this.#stored = stored
    doc.on("afterAllTransactions", this.#finish)
  }

  /** A local update was entered in the ledger. */
  updated(keys: readonly RecordKey[]): void {
    const gathering = this.#open.filter((write) => write.gathers)
    for (const write of gathering) for (const key of keys) write.keys.add(key)
  }

  /** Runs `write` of the record `named`, or of whatever the update names; what it throws is thrown, without a handle. */
  run(write: () => void, named: RecordKey | undefined): WriteHandle {
    // What a transaction holds asks by itself.
    if (named !== undefined && !this.#mayWrite()) throw readOnlyError()
    const keys = new Set(named === undefined ? [] : [named])
    let done: (ends: Ends) => void = () => {}
    const ends = new Promise<Ends>((resolve) => (done = resolve))
    const open: OpenWrite = { gathers: named === undefined, keys, done }
    this.#open.push(open)
    try {
      write()
    } catch (thrown) {
      this.#open = this.#open.filter((each) => each !== open)
      throw thrown
    }
    // Without an open transaction the update is out already, or there was nothing to write.
    if (this.#doc._transactionCleanups.length === 0) this.#finish()
    return this.#handle(ends, keys)
  }

  destroy(): void {
    this.#doc.off("afterAllTransactions", this.#finish)
    this.#finish()
  }

  readonly #finish = (): void => {
    if (this.#open.length === 0) return
    const open = this.#open
    this.#open = []
    const durable = handled(this.#ledger.flushed())
    const stored = handled(this.#stored() ?? durable.then(() => {}))
    for (const write of open) write.done({ durable, stored })
  }

  #handle(ends: Promise<Ends>, keys: ReadonlySet<RecordKey>): WriteHandle {
    const durable = handled(ends.then((all) => all.durable))
    const stored = handled(ends.then((all) => all.stored))
    const records = (): readonly RecordRef[] => [...keys].map(refOf)
    const outcome = (target: string): Promise<Outcome> =>
      handled(durable.then(({ seq }) => this.#outcomes.wait(target, records(), seq)))
    return { stored, durable, outcome, accepted: (target) => handled(outcome(target).then(mustBeAccepted)) }
  }
}

function readOnlyError(): MillraceError {
  return new MillraceError("Your token only allows to read this workspace: ask for one with the role write.", {
    kind: "forbidden",
  })
}

/** Rejections that nobody listens to are no accident of the program. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}
