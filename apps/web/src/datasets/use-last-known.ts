import { useState } from "react"

interface Kept<T> {
  readonly value: T | undefined
  readonly parts: readonly unknown[]
}

/** `value`, or the last one that was defined; `parts` are what the value is made of, compared by identity. */
export function useLastKnown<T>(value: T | undefined, parts: readonly unknown[]): T | undefined {
  const [kept, setKept] = useState<Kept<T>>({ value, parts })
  const changed = parts.some((part, index) => part !== kept.parts[index])
  if (value !== undefined && changed) setKept({ value, parts })
  return value ?? kept.value
}
