import * as Y from "yjs"
import { type Saying, Sayings, Standing, type Step } from "./reference.ts"
import type { KindsSubject } from "./subject.ts"

export interface Replica {
  doc: Y.Doc
  subject: KindsSubject
  /** Numbers of the operations that it has. */
  seen: Set<number>
  /** What its disk holds: a restart may lose the tail of what it did. */
  disk: { readonly bytes: Uint8Array; readonly seen: ReadonlySet<number> }
  readonly writerClass: 0 | 1
  readonly version: 1 | 2
  /** What an undo said again, by what had been taken back. */
  readonly copies: Map<number, number>
  undoable: Step[]
  redoable: Step[]
}

/** What one operation says and takes back, while it is put together. */
export interface Draft {
  readonly says: number[]
  readonly takesBack: number[]
}

/** Every operation of a history: what it says, what its writer had seen, and its Yjs update. */
export class OperationLog {
  readonly sayings: Sayings = new Sayings()
  /** By operation; one that wrote nothing has none. */
  readonly updates: (Uint8Array | undefined)[] = []
  readonly seenBy: ReadonlySet<number>[] = []
  count = 0

  /** Runs one operation; nothing is said where nothing was written. */
  perform(replica: Replica, isStep: boolean, run: (draft: Draft) => boolean): void {
    const updates: Uint8Array[] = []
    const catchUpdate = (bytes: Uint8Array): void => void updates.push(bytes)
    const draft: Draft = { says: [], takesBack: [] }
    replica.doc.on("update", catchUpdate)
    const wrote = run(draft)
    replica.doc.off("update", catchUpdate)
    if (!wrote && updates.length > 0) throw new Error("an operation wrote and denied it")
    const number = this.sayings.steps.length
    this.sayings.steps.push(wrote ? draft : { says: [], takesBack: [] })
    this.seenBy.push(new Set(replica.seen))
    this.updates.push(updates.length === 0 ? undefined : Y.mergeUpdates(updates))
    replica.seen.add(number)
    this.count++
    if (wrote && isStep && updates.length > 0) {
      replica.undoable.push(draft)
      replica.redoable = []
    }
  }

  standing(replica: Replica, id: string): Standing {
    return new Standing(this.sayings, this.sayings.alive(replica.seen), id)
  }

  write(
    draft: Draft,
    { writerClass, seen }: Replica,
    id: string,
    place: string,
    value: string | null | undefined,
    instead: readonly { readonly number: number }[],
  ): void {
    const sees = new Standing(this.sayings, this.sayings.alive(seen), id).living
    this.say(draft, { kind: "write", id, place, value, sees, writerClass })
    for (const { number } of instead) draft.takesBack.push(number)
  }

  say(draft: Draft, saying: Saying): void {
    draft.says.push(this.sayings.say(saying))
  }
}
