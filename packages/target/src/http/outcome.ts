export interface HttpAnswer {
  readonly type: "answer"
  readonly status: number
  /** Names in lower case; several values of one name joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  /** UTF-8 text, at most `maxResponseBytes` of it. */
  readonly body: string
  /** True where the body was longer, or broke off: the status stands, the body is only its beginning. */
  readonly truncated: boolean
  /** Scheme, host and port that answered. */
  readonly host: string
}

export interface NoAnswer {
  /**
   * - `unreached` no server got the request
   * - `unknown` it was sent, and no answer came: it may have taken effect
   * - `unauthenticated` our own credentials could not be read; nothing was sent
   */
  readonly type: "unreached" | "unknown" | "unauthenticated"
  /** For people; names host and cause. Never a secret. */
  readonly reason: string
}

/** How a request ended. Failures of the network are values: only an abort or a closed client throws. */
export type HttpOutcome = HttpAnswer | NoAnswer
