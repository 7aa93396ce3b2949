import type { StoreChange } from "@millrace/indexeddb"
import type { SharedStore } from "./stores-side.ts"

/** Where Dexie 3 and 4 tell each other, over tabs, which ranges of their tables were written. */
const channelName = "x-storagemutated-1"

/** All keys, as Dexie's sets of ranges have them. */
const everything = { d: 1, from: Number.NEGATIVE_INFINITY, to: [[[]]] }

interface ChannelHost {
  readonly BroadcastChannel?: typeof BroadcastChannel
}

/** Makes `liveQuery` of Dexie look again, in this tab and others; nothing where there is no BroadcastChannel. */
export function signalDexie(database: string, store: SharedStore, changes: readonly StoreChange[]): void {
  const { BroadcastChannel } = globalThis as unknown as ChannelHost
  if (BroadcastChannel === undefined || changes.length === 0) return
  const parts = ["", ":dels", ...store.indexNames].map((index) => [
    `idb://${database}/${store.name}/${index}`,
    everything,
  ])
  const channel = new BroadcastChannel(channelName)
  channel.postMessage(Object.fromEntries(parts))
  channel.close()
}
