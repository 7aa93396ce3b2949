import { Buffer } from "node:buffer"
import { type Change, eventBody, eventHeaders } from "@millrace/target"

/** One change as the HTTP source's JSON handler takes it. */
export interface FlumeEvent {
  readonly change: Change
  /** `{"headers":{...},"body":"..."}`, the same text for every repeat. */
  readonly json: string
  readonly bytes: number
}

export function flumeEvent(change: Change): FlumeEvent {
  const json = `{"headers":${JSON.stringify(eventHeaders(change))},"body":${JSON.stringify(eventBody(change))}}`
  return { change, json, bytes: Buffer.byteLength(json, "utf8") }
}

/** The request body of a batch; of none, the `[]` that a source answers without touching its channel. */
export function flumeBatch(events: readonly FlumeEvent[]): Uint8Array {
  return Buffer.from(`[${events.map((event) => event.json).join(",")}]`, "utf8")
}

/** Cuts events, in order, into runs of at most `maxCount` events and `maxBytes`; one event alone may be larger. */
export function cutIntoBatches(
  events: readonly FlumeEvent[],
  maxCount: number,
  maxBytes: number,
): readonly (readonly FlumeEvent[])[] {
  const batches: FlumeEvent[][] = []
  let open: FlumeEvent[] = []
  let bytes = 0
  for (const event of events) {
    if (open.length > 0 && (open.length >= maxCount || bytes + event.bytes > maxBytes)) {
      batches.push(open)
      open = []
      bytes = 0
    }
    open.push(event)
    bytes += event.bytes
  }
  if (open.length > 0) batches.push(open)
  return batches
}
