import type { Records, Schema } from "@millrace/model"
import type { Unsubscribe, Workspace } from "../api.ts"
import { keyOf, type RecordKey } from "../status/record-key.ts"

type Names = readonly { readonly collection: string; readonly id: string }[]

/** Tells those who look at a record, out of one listener for all: a change costs what looks at it, not what looks at anything. */
class RecordTopics {
  readonly #follow: (tell: (changed: Names | undefined) => void) => Unsubscribe
  readonly #listeners = new Map<RecordKey, Set<() => void>>()
  #stop: Unsubscribe | undefined

  /** `follow` is called while anybody looks; it tells the changed records, undefined for any of them. */
  constructor(follow: (tell: (changed: Names | undefined) => void) => Unsubscribe) {
    this.#follow = follow
  }

  add(collection: string, id: string, listener: () => void): Unsubscribe {
    const key = keyOf(collection, id)
    const own = (): void => listener()
    const mine = this.#listeners.get(key) ?? new Set()
    this.#listeners.set(key, mine.add(own))
    this.#stop ??= this.#follow((changed) => this.#tell(changed))
    return () => {
      mine.delete(own)
      if (mine.size === 0 && this.#listeners.get(key) === mine) this.#listeners.delete(key)
      if (this.#listeners.size > 0) return
      this.#stop?.()
      this.#stop = undefined
    }
  }

  #tell(changed: Names | undefined): void {
    const keys = changed?.map(({ collection, id }) => keyOf(collection, id)) ?? [...this.#listeners.keys()]
    for (const key of keys) for (const listener of this.#listeners.get(key) ?? []) listener()
  }
}

interface Topics {
  readonly records: RecordTopics
  readonly statuses: RecordTopics
}

/** Any workspace, whatever its schema. */
interface Followed extends Pick<Workspace<Schema>, "onRecordStatus"> {
  readonly records: Pick<Records, "onTouched">
}

const topicsOf = new WeakMap<object, Topics>()

/** Who looks at which record of a workspace, and at which record's status. */
export function recordTopics(workspace: Followed): Topics {
  let topics = topicsOf.get(workspace)
  if (topics === undefined) {
    topics = {
      records: new RecordTopics((tell) => workspace.records.onTouched(({ records }) => tell(records))),
      statuses: new RecordTopics((tell) => workspace.onRecordStatus(tell)),
    }
    topicsOf.set(workspace, topics)
  }
  return topics
}
