/** What tabs of one browser have with each other, as a port. */
export interface Tabs {
  /**
   * Runs `work` once this tab holds `name`; it holds it until the promise ends, or until the tab is gone. Resolves then, and
   * when `signal` fires before it came to that. With `steal` it takes it at once from whoever holds it, whose call rejects.
   */
  lead(name: string, signal: AbortSignal, work: () => Promise<void>, how?: { readonly steal?: boolean }): Promise<void>
  /** Joins the channel `name`: hears what other members post, never its own. */
  channel(name: string, onMessage: (message: unknown) => void): TabChannel
}

export interface TabChannel {
  post(message: unknown): void
  /** Idempotent. */
  close(): void
}

interface Hub {
  readonly locks: Map<string, Lock>
  readonly members: Map<string, Set<(message: unknown) => void>>
}

interface Lock {
  /** Ends the holder's call, because another took the lock. */
  holder: { readonly depose: () => void } | undefined
  readonly queue: (() => void)[]
}

const hubs = new WeakMap<object, Hub>()

/** Tabs that live in one process: all that name the same `browser`, any object, are one browser's. */
export function processTabs(browser: object): Tabs {
  let hub = hubs.get(browser)
  if (hub === undefined) hubs.set(browser, (hub = { locks: new Map(), members: new Map() }))
  const { locks, members } = hub
  return {
    lead: (name, signal, work, { steal = false } = {}) => {
      const lock = locks.get(name) ?? { holder: undefined, queue: [] }
      locks.set(name, lock)
      return hold(lock, signal, work, steal)
    },
    channel: (name, onMessage) => {
      const joined = members.get(name) ?? new Set()
      members.set(name, joined)
      joined.add(onMessage)
      return {
        post: (message) => {
          if (!joined.has(onMessage)) return
          for (const member of joined) {
            if (member !== onMessage) queueMicrotask(() => joined.has(member) && member(message))
          }
        },
        close: () => void joined.delete(onMessage),
      }
    },
  }
}

function hold(lock: Lock, signal: AbortSignal, work: () => Promise<void>, steal: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return resolve()
    const holder = { depose: () => reject(new Error("Another tab took the lock.")) }
    const take = (): void => {
      signal.removeEventListener("abort", giveUp)
      lock.holder = holder
      const release = (): void => {
        if (lock.holder !== holder) return
        lock.holder = undefined
        lock.queue.shift()?.()
      }
      // A turn later, as the platform's locks do.
      Promise.resolve().then(work).then(resolve, reject).finally(release)
    }
    const giveUp = (): void => {
      const at = lock.queue.indexOf(take)
      if (at !== -1) lock.queue.splice(at, 1)
      resolve()
    }
    if (steal) {
      lock.holder?.depose()
      take()
    } else if (lock.holder === undefined) take()
    else {
      lock.queue.push(take)
      signal.addEventListener("abort", giveUp, { once: true })
    }
  })
}
