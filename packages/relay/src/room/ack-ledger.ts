/** A frame that carried an update, and the last update of the room that must be durable before the frame is. */
interface Counted {
  readonly count: number
  readonly ordinal: number
}

/** Waits for a later whole answer instead of a place in the log. */
const blocked = Infinity

/**
 * Which frames of one channel are durable, in both directions, as counts that only grow.
 *
 * Ordinals number the updates that the room took in; the room tells up to which ordinal the disk has them.
 */
export class AckLedger {
  #received = 0
  #sent = 0
  #waitingReceived: Counted[] = []
  #waitingSent: Counted[] = []
  #durableReceived = 0
  #durableSent = 0

  /** Counts a frame from the peer whose content is in the room up to `ordinal`. */
  receivedFrame(ordinal: number): void {
    this.#received += 1
    this.#waitingReceived.push({ count: this.#received, ordinal })
  }

  /** Counts a frame that could not be taken in; it and all after it wait for a whole answer. */
  receivedGap(): void {
    this.receivedFrame(blocked)
  }

  /** Counts a whole answer (sync step 2): it holds what every frame before it held. */
  receivedWhole(ordinal: number): void {
    this.receivedFrame(ordinal)
    this.#waitingReceived = this.#waitingReceived.map((one) => (one.ordinal === blocked ? { ...one, ordinal } : one))
  }

  sentFrame(ordinal: number): void {
    this.#sent += 1
    this.#waitingSent.push({ count: this.#sent, ordinal })
  }

  /** Whether the counts would grow once the room is durable up to `ordinal`. */
  grows(ordinal: number): { readonly received: boolean; readonly sent: boolean } {
    return { received: isSettled(this.#waitingReceived, ordinal), sent: isSettled(this.#waitingSent, ordinal) }
  }

  /** The counts once the room is durable up to `ordinal`; undefined where neither has grown. */
  durableUpTo(ordinal: number): { readonly received: number; readonly sent: number } | undefined {
    const received = settle(this.#waitingReceived, ordinal) ?? this.#durableReceived
    const sent = settle(this.#waitingSent, ordinal) ?? this.#durableSent
    if (received === this.#durableReceived && sent === this.#durableSent) return undefined
    this.#durableReceived = received
    this.#durableSent = sent
    return { received, sent }
  }
}

function isSettled([first]: readonly Counted[], ordinal: number): boolean {
  return first !== undefined && first.ordinal <= ordinal
}

/** Takes off the front what is durable; the last count taken. */
function settle(waiting: Counted[], ordinal: number): number | undefined {
  let taken = 0
  while ((waiting[taken]?.ordinal ?? blocked) <= ordinal && taken < waiting.length) taken += 1
  return taken === 0 ? undefined : waiting.splice(0, taken).at(-1)?.count
}
