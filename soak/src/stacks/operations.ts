import type { SeededRandom } from "@millrace/testkit"

/** One step of an edit, in words that every stack understands; `at` is a share, 0 to 1, of the length at that client. */
export type Operation =
  | { readonly op: "insert"; readonly at: number; readonly chars: string }
  | { readonly op: "erase"; readonly at: number; readonly count: number }
  | { readonly op: "set"; readonly key: string; readonly value: string }
  | { readonly op: "unset"; readonly key: string }
  | { readonly op: "push"; readonly value: string }
  | { readonly op: "drop"; readonly at: number }

/** What a client's document holds. */
export interface Look {
  readonly text: string
  readonly map: Readonly<Record<string, string>>
  readonly bag: readonly string[]
  /** Encoded state vector. */
  readonly state: readonly number[]
  /** Null where the stack does not tell; its state vector does. */
  readonly pending: boolean | null
}

const firstChar = 0x4e00
const lastChar = 0x9fff
const keys = ["a", "b", "c", "d", "e"]

/** Draws edits in which every character and every string is new, so that nothing can come twice unseen. */
export class OperationSource {
  readonly #random: SeededRandom
  #chars = firstChar
  #values = 0

  constructor(random: SeededRandom) {
    this.#random = random
  }

  /** The steps of one transaction. */
  draw(): readonly Operation[] {
    return Array.from({ length: 1 + this.#random.int(4) }, () => this.#one())
  }

  #one(): Operation {
    const at = this.#random.float()
    switch (this.#random.int(8)) {
      case 0:
      case 1:
        return { op: "insert", at, chars: this.#newChars(1 + this.#random.int(4)) }
      case 2:
        return { op: "erase", at, count: 1 + this.#random.int(3) }
      case 3:
        return { op: "set", key: this.#random.pick(keys), value: this.#newValue() }
      case 4:
        return { op: "unset", key: this.#random.pick(keys) }
      case 5:
        return { op: "drop", at }
      default:
        return { op: "push", value: this.#newValue() }
    }
  }

  #newChars(count: number): string {
    if (this.#chars + count > lastChar) throw new Error("The characters are used up: begin a new workspace.")
    this.#chars += count
    return String.fromCodePoint(...Array.from({ length: count }, (_, index) => this.#chars - index))
  }

  #newValue(): string {
    this.#values += 1
    return `value ${this.#values}`
  }
}
