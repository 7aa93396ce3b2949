/** What tabs of one browser have with each other, as a port. */
export interface Tabs {
  /**
   * Runs `work` once this tab holds `name`; it holds it until the promise ends, or until the tab is gone. Resolves then, and
   * when `signal` fires before it came to that.
   */
  lead(name: string, signal: AbortSignal, work: () => Promise<void>): Promise<void>
  /** Joins the channel `name`: hears what other members post, never its own. */
  channel(name: string, onMessage: (message: unknown) => void): TabChannel
}

export interface TabChannel {
  post(message: unknown): void
  /** Idempotent. */
  close(): void
}

interface Hub {
  readonly queues: Map<string, Promise<void>>
  readonly members: Map<string, Set<(message: unknown) => void>>
}

const hubs = new WeakMap<object, Hub>()

/** Tabs that live in one process: all that name the same `browser`, any object, are one browser's. */
export function processTabs(browser: object): Tabs {
  let hub = hubs.get(browser)
  if (hub === undefined) hubs.set(browser, (hub = { queues: new Map(), members: new Map() }))
  const { queues, members } = hub
  return {
    lead: async (name, signal, work) => {
      const before = queues.get(name) ?? Promise.resolve()
      let release: () => void = () => {}
      const turn = new Promise<void>((resolve) => (release = resolve))
      queues.set(
        name,
        before.then(() => turn),
      )
      try {
        await Promise.race([before, abortOf(signal)])
        if (signal.aborted) return
        await work()
      } finally {
        release()
      }
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

function abortOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener("abort", () => resolve(), { once: true })
  })
}
