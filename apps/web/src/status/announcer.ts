const listeners = new Set<() => void>()
let current = ""

/** Says a sentence to assistive technology, politely; the same sentence twice in a row is said twice. */
export function announce(text: string): void {
  // A trailing blank that comes and goes makes an equal sentence a new one.
  current = text === current ? `${text}\u00a0` : text
  for (const listener of Array.from(listeners)) listener()
}

export function announced(): string {
  return current
}

export function onAnnounced(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}
