import type { Tabs } from "./mirror/tabs.ts"

interface TabHost {
  readonly navigator?: { readonly locks?: LockManager }
  readonly BroadcastChannel?: typeof BroadcastChannel
}

let known: Tabs | undefined

/** The tabs of this browser, by Web Locks and BroadcastChannel; undefined where there are none (pages that are not secure). */
export function browserTabs(): Tabs | undefined {
  known ??= findTabs()
  return known
}

function findTabs(): Tabs | undefined {
  const host = globalThis as unknown as TabHost
  const locks = host.navigator?.locks
  const Channel = host.BroadcastChannel
  if (locks === undefined || Channel === undefined) return undefined
  return {
    lead: async (name, signal, work, { steal = false } = {}) => {
      try {
        // A lock that is taken at once cannot be waited for.
        await locks.request(name, steal ? { steal } : { signal }, work)
      } catch (thrown) {
        if (!signal.aborted) throw thrown
      }
    },
    channel: (name, onMessage) => {
      const channel = new Channel(name)
      channel.onmessage = ({ data }) => onMessage(data)
      let isOpen = true
      return {
        post: (message) => {
          if (isOpen) channel.postMessage(message)
        },
        close: () => {
          isOpen = false
          channel.close()
        },
      }
    },
  }
}
