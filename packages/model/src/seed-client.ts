import { canonicalJson } from "./canonical.ts"
import { sha256Hex } from "./hash.ts"

/** Client ids of seeds lie above every id that Yjs draws. */
export const firstSeedClientId = 4_294_967_296

const seedIds = BigInt(Number.MAX_SAFE_INTEGER) + 1n - BigInt(firstSeedClientId)

/** The client id under which this content is seeded: the same on every replica, another for other content. */
export function seedClientOf(content: unknown): number {
  const hash = BigInt(`0x${sha256Hex(canonicalJson(content)).slice(0, 32)}`)
  return firstSeedClientId + Number(hash % seedIds)
}
