import { Buffer } from "node:buffer"

/**
 * Percent-encodes any string; half of a surrogate pair, which has no UTF-8 form and which `encodeURIComponent` would
 * throw at, becomes U+FFFD.
 */
export function percentEncoded(text: string): string {
  return encodeURIComponent(Buffer.from(text, "utf8").toString("utf8"))
}
