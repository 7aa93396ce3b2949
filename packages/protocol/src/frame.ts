/**
 * Frames of the y-websocket protocol, as much of them as both sides must look at.
 *
 * Source: y-websocket 3.1.0 `src/y-websocket.js` (message types) and y-protocols 1.0.7 `sync.js` (sync steps).
 */
export const frameTypes = { sync: 0, awareness: 1, auth: 2, queryAwareness: 3 } as const

export const syncSteps = { step1: 0, step2: 1, update: 2 } as const

/**
 * Whether a frame carries an update (sync step 2 or update), and so counts for `durable`.
 *
 * Both numbers are below 128 and therefore single bytes; anything else carries none.
 */
export function carriesUpdate(frame: Uint8Array): boolean {
  return frame[0] === frameTypes.sync && (frame[1] === syncSteps.step2 || frame[1] === syncSteps.update)
}

/** Whether a frame is a sync step 2: the sender's whole answer to the receiver's state vector. */
export function isStep2(frame: Uint8Array): boolean {
  return frame[0] === frameTypes.sync && frame[1] === syncSteps.step2
}
