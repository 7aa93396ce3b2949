import { hash as digest } from "node:crypto"
import { recordHash } from "@millrace/model"

/** SHA-256 of the canonical form: the identity of a record's state. */
export function hashOf(canonical: string): string {
  return recordHash(canonical, (text) => digest("sha256", text))
}
