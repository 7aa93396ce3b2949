import { promisify } from "node:util"
import { gunzipSync, gzip } from "node:zlib"
import { type Clock, type Log, messageOf, MillraceError, sleep } from "@millrace/ports"
import type { Store } from "@millrace/store"
import { viewFormat } from "../view/tables.ts"
import type { View } from "../view/view.ts"

export interface CheckpointOptions {
  readonly store: Store
  readonly stream: string
  readonly view: View
  /** Entries after which the next one is made. */
  readonly maxEntries: number
  readonly clock: Clock
  readonly log: Log
}

const compress = promisify(gzip)

/**
 * Keeps the journal short: the view, all of it, becomes the journal's snapshot, and the entries that it stands for go.
 *
 * One at a time and beside the work. The last entry that a snapshot stands for stays, so that a view can be compared
 * with it. Until the new snapshot is whole and read back, the former one is in force.
 */
export class Checkpoint {
  readonly #options: CheckpointOptions
  #last: number
  #running: Promise<void> | undefined

  constructor(options: CheckpointOptions, lastSeq: number) {
    this.#options = options
    this.#last = lastSeq
  }

  /** To be called after each application. */
  applied(): void {
    const { view, maxEntries } = this.#options
    if (this.#running !== undefined || view.applied.seq - this.#last < maxEntries) return
    this.#running = this.make().finally(() => (this.#running = undefined))
  }

  /** Makes one now; what fails is logged and tried again after as many entries more. */
  async make(): Promise<void> {
    const { store, stream, view, clock, log } = this.#options
    const { seq } = view.applied
    this.#last = seq
    try {
      const lines = [JSON.stringify({ format: viewFormat })]
      for await (const line of view.dump(() => sleep(clock, 0))) lines.push(line)
      const at = appliedSeqOf(lines)
      await store.snapshot(stream, at, await compress(Buffer.from(lines.join("\n"), "utf8")))
      await store.trim(stream, at - 1)
      log.info("journal shortened", { stream, seq: at, rows: lines.length - 1 })
    } catch (thrown) {
      log.warn("journal not shortened", { stream, detail: messageOf(thrown) })
    }
  }

  /** Waits for one under way. */
  async close(): Promise<void> {
    await this.#running
  }
}

/** Fills the view from the journal's snapshot; false where there is none. Throws kind `unsupported` for one of another format. */
export async function loadSnapshot(store: Store, stream: string, view: View): Promise<boolean> {
  const snapshot = await store.readSnapshot(stream)
  if (snapshot === undefined) return false
  const [head = "{}", ...lines] = gunzipSync(snapshot.payload).toString("utf8").split("\n")
  const { format } = JSON.parse(head) as { readonly format?: unknown }
  if (format !== viewFormat) {
    throw new MillraceError(
      `The journal's snapshot is of format ${String(format)}, this program reads ${viewFormat}: run the program that fits.`,
      { kind: "unsupported" },
    )
  }
  view.load(lines)
  return true
}

function appliedSeqOf(lines: readonly string[]): number {
  const line = lines.find((one) => one.startsWith('["meta","applied",'))
  const [, , applied] = JSON.parse(line ?? '["","",{"seq":0}]') as [string, string, { readonly seq: number }]
  return applied.seq
}
