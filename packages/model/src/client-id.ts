import type { Random } from "@millrace/ports"
import type { Doc } from "yjs"

/** Client ids below this are leased for write-back from targets; the relay refuses them to everybody else. */
export const reservedClientIds = 65_536

/** Class 0 = written back from a target, class 1 = everybody else: what a person typed is never beaten unseen. */
export function classOfClient(client: number): 0 | 1 {
  return client < reservedClientIds ? 0 : 1
}

/**
 * Gives the document another client id where Yjs happened to draw a reserved one.
 *
 * Call it once, before the first write of a session. Returns the id in force.
 */
export function redrawReservedClientId(doc: Doc, random: Random): number {
  while (classOfClient(doc.clientID) === 0) {
    const [a = 0, b = 0, c = 0, d = 0] = random.bytes(4)
    doc.clientID = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
  }
  return doc.clientID
}
