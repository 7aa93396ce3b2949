import { MillraceError } from "@millrace/ports"
import { firstFreeClientId } from "@millrace/protocol"
import * as Y from "yjs"
import type { WorkspaceSnapshot } from "../compact/snapshot-form.ts"
import { decodeUpdate, type DecodedUpdate } from "./decode-update.ts"
import { DeleteRanges } from "./delete-ranges.ts"
import { mergeAll } from "./merge.ts"
import { placeStructs } from "./placement.ts"

/**
 * What an update means to the state at hand.
 *
 * - `new` it adds something and everything it needs is here
 * - `known` it adds nothing
 * - `gap` it needs what is not here
 * - `reserved` it writes under a client id that only the projector may use
 */
export type Verdict = "new" | "known" | "gap" | "reserved"

/** Tail updates of one level that are merged to one of the next: a merge is small, and each byte is in few of them. */
const levelUpdates = 32

interface TailUpdate {
  readonly bytes: Uint8Array
  readonly level: number
}

/** Answers that joiners with equal state vectors share. */
const maxSharedDiffs = 8

/**
 * The state of one workspace as updates, clocks and deletions: enough to check what comes in and to answer who joins, without a
 * document.
 */
export class Replica {
  #base: Uint8Array
  #baseClocks: ReadonlyMap<number, number>
  #tail: TailUpdate[] = []
  #clocks: Map<number, number>
  readonly #deletes = new DeleteRanges()
  readonly #diffs = new Map<string, Uint8Array>()

  /** From every update of the log, in any order. */
  constructor(updates: readonly Uint8Array[]) {
    this.#base = mergeAll(updates)
    this.#clocks = Y.decodeStateVector(Y.encodeStateVectorFromUpdate(this.#base))
    this.#baseClocks = new Map(this.#clocks)
    // What the base has beyond its own state vector is its delete set alone.
    for (const range of decodeUpdate(Y.diffUpdate(this.#base, this.stateVector())).deletes) this.#deletes.add(range)
  }

  /** From a snapshot, without reading its update: that was verified when the snapshot was made. */
  static at({ update, stateVector, deletes }: WorkspaceSnapshot): Replica {
    const replica = new Replica([])
    replica.#base = update
    replica.#clocks = Y.decodeStateVector(stateVector)
    replica.#baseClocks = new Map(replica.#clocks)
    for (const range of decodeUpdate(deletes).deletes) replica.#deletes.add(range)
    return replica
  }

  stateVector(): Uint8Array {
    return Y.encodeStateVector(this.#clocks)
  }

  /** Throws kind `corrupt` for an update that no document can integrate. */
  judge(update: DecodedUpdate, mayUseReserved: boolean): Verdict {
    const placement = placeStructs(update.structs, this.#clocks)
    if (placement.type === "missing") return "gap"
    if (placement.type === "circular") {
      throw new MillraceError("The update needs itself and was not kept; reload this copy from the relay.", {
        kind: "corrupt",
      })
    }
    const { clocks } = placement
    if (!mayUseReserved && [...clocks.keys()].some((client) => client < firstFreeClientId)) return "reserved"
    let adds = clocks.size > 0
    for (const range of update.deletes) {
      if (range.end > (clocks.get(range.client) ?? this.#clocks.get(range.client) ?? 0)) return "gap"
      adds ||= !this.#deletes.has(range)
    }
    return adds ? "new" : "known"
  }

  /** Takes in an update that was judged `new`. The bytes must not change afterwards. */
  add(bytes: Uint8Array, update: DecodedUpdate): void {
    for (const { client, end } of update.structs) this.#clocks.set(client, Math.max(end, this.#clocks.get(client) ?? 0))
    for (const range of update.deletes) this.#deletes.add(range)
    this.#tail.push({ bytes, level: 0 })
    this.#diffs.clear()
    this.#mergeLevels()
  }

  /**
   * What a peer with this state vector lacks. Peers with equal vectors at one position share one computation and one array.
   *
   * Throws kind `corrupt` for bytes that are no state vector.
   */
  diff(stateVector: Uint8Array): Uint8Array {
    const clocks = decodeStateVector(stateVector)
    const key = Buffer.from(Y.encodeStateVector(clocks)).toString("latin1")
    const shared = this.#diffs.get(key)
    if (shared !== undefined) return shared
    const diff = this.#computeDiff(clocks)
    const [oldest] = this.#diffs.keys()
    if (this.#diffs.size >= maxSharedDiffs && oldest !== undefined) this.#diffs.delete(oldest)
    this.#diffs.set(key, diff)
    return diff
  }

  /** What a peer lacks that has everything, except of some clients what begins at a clock. */
  since(lacks: ReadonlyMap<number, number>): Uint8Array {
    const clocks = new Map(this.#clocks)
    lowerClocks(clocks, lacks)
    return this.#computeDiff(clocks)
  }

  #computeDiff(clocks: Map<number, number>): Uint8Array {
    if (covers(clocks, this.#clocks)) return this.#deletes.encodeUpdate()
    const stateVector = Y.encodeStateVector(clocks)
    if (this.#tail.length > 0 && covers(clocks, this.#baseClocks)) {
      // Whoever was here when the base was made pays for what came since, not for the whole workspace.
      return Y.diffUpdate(mergeAll([...this.#tailBytes, this.#deletes.encodeUpdate()]), stateVector)
    }
    const whole = this.#whole()
    return clocks.size === 0 ? whole : Y.diffUpdate(whole, stateVector)
  }

  #mergeLevels(): void {
    for (;;) {
      const from = this.#tail.length - levelUpdates
      const [first] = this.#tail.slice(from)
      const level = this.#tail.at(-1)?.level ?? 0
      // Levels fall towards the end, so the first and the last tell of all between.
      if (from < 0 || first?.level !== level) return
      const merged = mergeAll(this.#tail.slice(from).map(({ bytes }) => bytes))
      this.#tail.splice(from, levelUpdates, { bytes: merged, level: level + 1 })
    }
  }

  get #tailBytes(): readonly Uint8Array[] {
    return this.#tail.map(({ bytes }) => bytes)
  }

  #whole(): Uint8Array {
    if (this.#tail.length > 0) {
      this.#base = mergeAll([this.#base, mergeAll(this.#tailBytes)])
      this.#tail = []
      this.#baseClocks = new Map(this.#clocks)
    }
    return this.#base
  }
}

/** Throws kind `corrupt` for bytes that are none. */
export function decodeStateVector(bytes: Uint8Array): Map<number, number> {
  try {
    return Y.decodeStateVector(bytes)
  } catch (cause) {
    throw new MillraceError("The state vector does not decode; reload this copy from the relay.", {
      kind: "corrupt",
      cause,
    })
  }
}

/** Takes off each client's clock what begins at `firsts`. */
export function lowerClocks(clocks: Map<number, number>, firsts: ReadonlyMap<number, number>): void {
  for (const [client, first] of firsts) clocks.set(client, Math.min(first, clocks.get(client) ?? first))
}

export function covers(clocks: ReadonlyMap<number, number>, wanted: ReadonlyMap<number, number>): boolean {
  for (const [client, clock] of wanted) {
    if ((clocks.get(client) ?? 0) < clock) return false
  }
  return true
}
