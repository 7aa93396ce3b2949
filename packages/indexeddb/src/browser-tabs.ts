import type { Tabs } from "./mirror/tabs.ts"

interface TabHost {
  readonly navigator?: { readonly locks?: LockManager }
  readonly BroadcastChannel?: typeof BroadcastChannel
}

/** The tabs of this browser, by Web Locks and BroadcastChannel; undefined where there are none (pages that are not secure). */
export function browserTabs(): Tabs | undefined {
  const host = globalThis as unknown as TabHost
  const locks = host.navigator?.locks
  const Channel = host.BroadcastChannel
  if (locks === undefined || Channel === undefined) return undefined
  return {
    lead: async (name, signal, work) => {
      try {
        await locks.request(name, { signal }, work)
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
