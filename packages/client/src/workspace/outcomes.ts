import { type Deferred, deferred } from "@millrace/indexeddb"
import { MillraceError } from "@millrace/ports"
import type { Outcome, RecordRef } from "../api.ts"
import type { StatusBook } from "../status/status-book.ts"

interface Question {
  readonly target: string
  readonly records: readonly RecordRef[]
  readonly seq: number
  readonly answer: Deferred<Outcome>
}

/** Who waits for a target's word, asked again whenever the status document moves. */
export class Outcomes {
  readonly #book: StatusBook
  readonly #open = new Set<Question>()
  #failure: MillraceError | undefined

  constructor(book: StatusBook) {
    this.#book = book
  }

  /** Resolves when all records are accepted in a state durable at `seq` or later, or with the first that was not. */
  wait(target: string, records: readonly RecordRef[], seq: number): Promise<Outcome> {
    const question: Question = { target, records, seq, answer: deferred() }
    if (this.#failure !== undefined) question.answer.reject(this.#failure)
    else if (!this.#settle(question)) this.#open.add(question)
    return question.answer.promise
  }

  look(): void {
    for (const question of this.#open) if (this.#settle(question)) this.#open.delete(question)
  }

  fail(error: MillraceError): void {
    this.#failure = error
    for (const { answer } of this.#open) answer.reject(error)
    this.#open.clear()
  }

  #settle({ target, records, seq, answer }: Question): boolean {
    const found = records.map((record) => this.#book.outcomeOf(target, record, seq))
    const refused = found.find((outcome) => outcome !== undefined && outcome.state !== "accepted")
    if (refused === undefined && found.includes(undefined)) return false
    answer.resolve(refused ?? { target, state: "accepted", reason: undefined, seq })
    return true
  }
}

/** Throws kind `invalid` with the target's reason for an outcome that is not acceptance. */
export function mustBeAccepted(outcome: Outcome): Outcome {
  if (outcome.state === "accepted") return outcome
  throw new MillraceError(
    `The target "${outcome.target}" did not accept it (${outcome.state}): ${outcome.reason ?? ""}`,
    {
      kind: "invalid",
    },
  )
}
