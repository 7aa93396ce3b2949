import { toHexString } from "lib0/buffer"
import { digest } from "lib0/hash/sha256"
import { encodeUtf8 } from "lib0/string"

/** Lower-case hex SHA-256 of a text's UTF-8. */
export type Sha256Hex = (text: string) => string

/** SHA-256 in plain JavaScript: works everywhere. A process that hashes much passes its platform's own instead. */
export const sha256Hex: Sha256Hex = (text) => toHexString(digest(encodeUtf8(text)))

/**
 * The identity of a record's state: SHA-256 of the canonical form of its fields.
 *
 * Store `canonicalForm` beside it. `sha256` is how to hash; in Node pass `(text) => crypto.hash("sha256", text)`.
 */
export function recordHash(canonicalText: string, sha256: Sha256Hex = sha256Hex): string {
  return sha256(canonicalText)
}
