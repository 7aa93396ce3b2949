import type { ErrorKind } from "@millrace/ports"

/**
 * WebSocket close codes: 4400 to 4499 are permanent, the same attempt fails again; 4500 to 4599, like 1012 and 1013,
 * ask to come back.
 */
const codes: Readonly<Record<ErrorKind, number>> = {
  invalid: 4400,
  unauthenticated: 4401,
  forbidden: 4403,
  "not-found": 4404,
  conflict: 4409,
  generation: 4410,
  reserved: 4422,
  "too-large": 4413,
  corrupt: 4415,
  unsupported: 4416,
  usage: 4400,
  bug: 4500,
  "rate-limited": 4529,
  timeout: 4508,
  unavailable: 4503,
  storage: 4507,
  closed: 4503,
}

export function closeCodeOf(kind: ErrorKind): number {
  return codes[kind]
}

export function isPermanentCloseCode(code: number): boolean {
  return code >= 4400 && code <= 4499
}
