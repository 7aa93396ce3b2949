import type { ErrorKind } from "./error.ts"

const statuses: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  "not-found": 404,
  conflict: 409,
  generation: 410,
  reserved: 422,
  "too-large": 413,
  "rate-limited": 429,
  timeout: 504,
  unavailable: 503,
  storage: 503,
  corrupt: 400,
  unsupported: 426,
  closed: 503,
  usage: 400,
  bug: 500,
}

/** The status of HTTP under which an error of this kind is answered. */
export function httpStatusOf(kind: ErrorKind): number {
  return statuses[kind]
}
