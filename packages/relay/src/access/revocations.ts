import { type Clock, MillraceError } from "@millrace/ports"
import type { NewEntry, Store } from "@millrace/store"
import type { Claims } from "./token.ts"

/** The stream in which revocations last. */
export const revocationStream = "access/revocations"

/** What is taken back: one token by its `jti`, or every token of a subject issued up to now. */
export type RevocationRequest = { readonly tokenId: string } | { readonly subject: string }

export type Revocation = RevocationRequest & {
  readonly timeMs: number
  /** From then on no token that it meant can be good any more, and it is forgotten. */
  readonly untilMs: number
}

export interface RevocationsOptions {
  readonly store: Store
  readonly clock: Clock
  /** Longest life of a token that the verifier takes: a revocation is kept for so long. */
  readonly maxTokenLifeMs: number
  readonly maxRevocations: number
}

/**
 * What has been taken back before its time. Durable before it acts; bounded in number, and in time by the longest life that a
 * token may have.
 */
export class Revocations {
  readonly #options: RevocationsOptions
  readonly #tokens = new Map<string, Revocation>()
  readonly #subjects = new Map<string, Revocation>()
  readonly #listeners = new Set<() => void>()

  private constructor(options: RevocationsOptions) {
    this.#options = options
  }

  /** Loads what is in the store. Rejects with kind `corrupt` for an entry that does not decode: nobody is let in on a guess. */
  static async open(options: RevocationsOptions): Promise<Revocations> {
    const revocations = new Revocations(options)
    for await (const entry of options.store.read(revocationStream, 0)) revocations.#keep(decode(entry.payload))
    return revocations
  }

  /** Called after each revocation took effect; returns what ends it. */
  onRevoked(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Throws kind `unauthenticated` for a token that was taken back. */
  check({ subject, tokenId, issuedAtMs }: Claims): void {
    const ofToken = tokenId === undefined ? undefined : this.#tokens.get(tokenId)
    const ofSubject = this.#subjects.get(subject)
    // A claim has whole seconds, so a token of the same second is taken as older.
    const older = ofSubject !== undefined && (issuedAtMs === undefined || issuedAtMs <= ofSubject.timeMs)
    if (ofToken === undefined && !older) return
    throw new MillraceError("The token was revoked; ask for a new one.", { kind: "unauthenticated" })
  }

  /**
   * Takes a token, or all of a subject, back: durable when it resolves, and in effect. Idempotent for a token; for a subject a
   * repetition moves the moment to now.
   *
   * Rejects with kind `too-large` where as many as allowed are in force.
   */
  async revoke(request: RevocationRequest, author: string): Promise<Revocation> {
    const known = "tokenId" in request ? this.#tokens.get(request.tokenId) : undefined
    if (known !== undefined) return known
    const { store, clock, maxTokenLifeMs } = this.#options
    this.#forgetPast()
    if (this.count >= this.#options.maxRevocations) {
      throw new MillraceError(
        `As many as ${this.#options.maxRevocations} revocations are in force; change the key that signs instead.`,
        { kind: "too-large" },
      )
    }
    const timeMs = clock.nowMs()
    const revocation: Revocation = { ...request, timeMs, untilMs: timeMs + maxTokenLifeMs }
    const payload = new TextEncoder().encode(JSON.stringify(revocation))
    const entry: NewEntry = { payload, generation: 1, author, timeMs }
    await store.append(revocationStream, [entry])
    this.#keep(revocation)
    for (const listener of this.#listeners) listener()
    return revocation
  }

  get count(): number {
    return this.#tokens.size + this.#subjects.size
  }

  list(): readonly Revocation[] {
    this.#forgetPast()
    return [...this.#tokens.values(), ...this.#subjects.values()]
  }

  #keep(revocation: Revocation): void {
    if (revocation.untilMs <= this.#options.clock.nowMs()) return
    if ("tokenId" in revocation) this.#tokens.set(revocation.tokenId, revocation)
    else this.#subjects.set(revocation.subject, revocation)
  }

  #forgetPast(): void {
    const nowMs = this.#options.clock.nowMs()
    for (const [id, { untilMs }] of this.#tokens) if (untilMs <= nowMs) this.#tokens.delete(id)
    for (const [subject, { untilMs }] of this.#subjects) if (untilMs <= nowMs) this.#subjects.delete(subject)
  }
}

function decode(payload: Uint8Array): Revocation {
  try {
    const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload)) as Partial<
      Record<"tokenId" | "subject" | "timeMs" | "untilMs", unknown>
    >
    const { tokenId, subject, timeMs, untilMs } = value
    if (typeof timeMs === "number" && typeof untilMs === "number") {
      if (typeof tokenId === "string") return { tokenId, timeMs, untilMs }
      if (typeof subject === "string") return { subject, timeMs, untilMs }
    }
    throw new TypeError("it names neither a token nor a subject")
  } catch (cause) {
    throw new MillraceError(`An entry of ${revocationStream} does not decode; restore the data folder from a backup.`, {
      kind: "corrupt",
      cause,
    })
  }
}
