import { createHash } from "node:crypto"
import type { Change } from "@millrace/target"
import { fileName } from "../file-name.ts"
import type { LandingConfig } from "./config.ts"
import type { Depot } from "./depot.ts"
import { periodAt, periodDepth, periodOf, periodPath } from "./period.ts"
import { eventIdIn, headerOf, rowOf } from "./rows.ts"

const openFolder = ".open"
const maxPartChars = 32_000_000

/**
 * The dated files of one collection of a workspace. One call at a time; two feeds never share a folder.
 *
 * Rows of the running period wait in small files under `.open`, each written whole. When the period is over they become
 * `part-00000`, ... without a row that is there twice, then the done flag is written: what has a flag never changes.
 */
export class Feed {
  readonly #depot: Depot
  readonly #config: LandingConfig
  readonly #collection: string
  readonly #path: readonly string[]
  readonly #periodMs: number
  /** Event ids of the running period and of the last one before it that had rows. */
  #ids = new Set<string>()
  #idsBefore = new Set<string>()
  /** The first period that is not closed; undefined before `open`. */
  #period: number | undefined
  #segments = 0

  constructor(depot: Depot, config: LandingConfig, workspace: string, collection: string) {
    this.#depot = depot
    this.#config = config
    this.#collection = collection
    this.#path = [fileName(workspace), fileName(collection)]
    this.#periodMs = config.periodMinutes * 60_000
  }

  /** Lands changes in the running period; those that are there already are left out. */
  async land(changes: readonly Change[], nowMs: number, signal: AbortSignal): Promise<void> {
    const period = await this.close(nowMs, signal)
    const fresh = changes.filter(({ eventId }) => !this.#ids.has(eventId) && !this.#idsBefore.has(eventId))
    if (fresh.length === 0) return
    const rows = fresh.map((change) => rowOf(this.#config.format, change)).join("")
    const place = [...this.#pathOf(period), openFolder]
    // Named by content too: a repeat of the same call writes the same file, whoever counts.
    const digest = createHash("sha256").update(rows).digest("hex").slice(0, 16)
    await this.#depot.write([...place, `${String(this.#segments).padStart(8, "0")}-${digest}`], rows, signal)
    this.#segments += 1
    for (const { eventId } of fresh) this.#ids.add(eventId)
  }

  /** Closes every period that is over, empty ones too, and answers with the one that runs. */
  async close(nowMs: number, signal: AbortSignal): Promise<number> {
    // A clock that goes back does not reopen what is closed.
    const running = Math.max(periodAt(nowMs, this.#config.periodMinutes), this.#period ?? 0)
    let period = this.#period ?? (await this.#open(running, signal))
    for (; period < running; period += this.#periodMs) {
      signal.throwIfAborted()
      await this.#closePeriod(period, signal)
      if (this.#ids.size > 0) this.#idsBefore = this.#ids
      this.#ids = new Set()
      this.#segments = 0
      this.#period = period + this.#periodMs
    }
    this.#period = period
    return period
  }

  async #closePeriod(period: number, signal: AbortSignal): Promise<void> {
    const folder = this.#pathOf(period)
    const names = await this.#namesIn(folder, signal)
    // Where a try before this one came as far as the flag, some of the waiting files may be gone already.
    if (!names.includes(this.#config.doneFlag)) {
      const parts = await this.#partsOf(folder, signal)
      for (const [at, text] of parts.entries()) await this.#depot.write([...folder, this.#partName(at)], text, signal)
      await this.#depot.write([...folder, this.#config.doneFlag], "", signal)
    }
    if (names.includes(openFolder)) await this.#depot.remove([...folder, openFolder], signal)
  }

  /** The rows of a period, each once, in the order in which they landed, cut into files. */
  async #partsOf(folder: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const header = headerOf(this.#config.format, this.#collection)
    const seen = new Set<string>()
    const parts: string[] = []
    let text = ""
    for (const name of await this.#segmentsIn(folder, signal)) {
      for (const row of await this.#rowsIn([...folder, openFolder, name], signal)) {
        const id = eventIdIn(this.#config.format, row)
        if (id === undefined || seen.has(id)) continue
        seen.add(id)
        if (text !== "" && text.length + row.length > maxPartChars) {
          parts.push(header + text)
          text = ""
        }
        text += `${row}\n`
      }
    }
    return text === "" ? parts : [...parts, header + text]
  }

  /** Finds what an earlier process left: the first period without a flag, and the ids that may be sent again. */
  async #open(running: number, signal: AbortSignal): Promise<number> {
    let oldest: number | undefined
    for await (const period of this.#periodsBackwards([], signal)) {
      const folder = this.#pathOf(period)
      const names = await this.#namesIn(folder, signal)
      if (names.includes(this.#config.doneFlag)) {
        await this.#readBefore(folder, names, signal)
        // The clearing up behind the flag was cut.
        if (names.includes(openFolder)) await this.#depot.remove([...folder, openFolder], signal)
        oldest ??= period + this.#periodMs
        break
      }
      oldest = period
    }
    const first = oldest ?? running
    const segments = await this.#segmentsIn(this.#pathOf(first), signal)
    for (const name of segments) {
      const rows = await this.#rowsIn([...this.#pathOf(first), openFolder, name], signal)
      for (const row of rows) this.#remember(this.#ids, row)
    }
    this.#segments = segments.reduce((most, name) => Math.max(most, Number(name.slice(0, 8)) + 1), 0)
    return first
  }

  async #readBefore(folder: readonly string[], names: readonly string[], signal: AbortSignal): Promise<void> {
    for (const name of names.filter((one) => one.startsWith("part-"))) {
      for (const row of await this.#rowsIn([...folder, name], signal)) this.#remember(this.#idsBefore, row)
    }
  }

  #remember(ids: Set<string>, row: string): void {
    const id = eventIdIn(this.#config.format, row)
    if (id !== undefined) ids.add(id)
  }

  async *#periodsBackwards(below: readonly string[], signal: AbortSignal): AsyncGenerator<number> {
    const entries = await this.#depot.list([...this.#path, ...below], signal)
    const names = entries.filter(({ isFolder, name }) => isFolder && /^\d+$/.test(name)).map(({ name }) => name)
    for (const name of names.sort().reverse()) {
      const path = [...below, name]
      if (path.length < periodDepth(this.#config.periodMinutes)) yield* this.#periodsBackwards(path, signal)
      else {
        const period = periodOf(path, this.#config.periodMinutes)
        if (period !== undefined) yield period
      }
    }
  }

  async #namesIn(folder: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    return (await this.#depot.list(folder, signal)).map(({ name }) => name)
  }

  async #segmentsIn(folder: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const names = await this.#namesIn([...folder, openFolder], signal)
    // Others are drafts that a killed process left.
    return names.filter((name) => /^\d{8}-[0-9a-f]{16}$/.test(name)).sort()
  }

  async #rowsIn(path: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const text = (await this.#depot.read(path, signal)) ?? ""
    return text.split("\n").slice(0, -1)
  }

  #pathOf(period: number): readonly string[] {
    return [...this.#path, ...periodPath(period, this.#config.periodMinutes)]
  }

  #partName(at: number): string {
    return `part-${String(at).padStart(5, "0")}.${this.#config.format.kind === "json-lines" ? "jsonl" : "csv"}`
  }
}
